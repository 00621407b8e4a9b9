-- Up to where a standby has replayed the log of its primary; nothing if it is none.
SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint AS position
WHERE pg_is_in_recovery()

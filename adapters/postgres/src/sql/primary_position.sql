-- Where the primary is: its life, its clock, and up to where its log is written. What anybody can see
-- has been written to the log before.
SELECT
    incarnation_id,
    (extract(epoch FROM horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM present) * 1000)::bigint AS present,
    pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint AS position
FROM database_state

-- A cursor from before it is behind the horizon, and fetches everything anew without being told.
DELETE FROM reader_resets
WHERE ctid = ANY (ARRAY(
    SELECT ctid
    FROM reader_resets
    WHERE deleted_at < to_timestamp($1::double precision / 1000)
      AND tx < pg_snapshot_xmin(pg_current_snapshot())
    LIMIT $2::bigint
    FOR UPDATE SKIP LOCKED
))

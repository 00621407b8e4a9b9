DELETE FROM memberships
WHERE ctid = ANY (ARRAY(
    SELECT ctid
    FROM memberships
    WHERE revoked
      AND changed_at < to_timestamp($1::double precision / 1000)
      AND tx < pg_snapshot_xmin(pg_current_snapshot())
    LIMIT $2::bigint
    FOR UPDATE SKIP LOCKED
))

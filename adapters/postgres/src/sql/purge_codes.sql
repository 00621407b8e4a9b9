DELETE FROM login_codes
WHERE ctid = ANY (ARRAY(
    SELECT ctid
    FROM login_codes
    WHERE expires_at < to_timestamp($1::double precision / 1000)
    LIMIT $2::bigint
    FOR UPDATE SKIP LOCKED
))

DELETE FROM deleted_accounts
WHERE ctid = ANY (ARRAY(
    SELECT ctid
    FROM deleted_accounts
    WHERE deleted_at < to_timestamp($1::double precision / 1000)
    LIMIT $2::bigint
    FOR UPDATE SKIP LOCKED
))

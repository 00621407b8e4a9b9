WITH expired AS (
    DELETE FROM login_codes
    WHERE expires_at < clock_timestamp()
)
INSERT INTO login_codes (code_hash, provider, subject, name, email, expires_at)
VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6::bigint * interval '1 millisecond')

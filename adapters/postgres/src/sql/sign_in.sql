-- Whoever comes second with a new identity waits for the first, and finds the user that it made.
WITH identity AS (
    INSERT INTO identities (provider, subject, user_id, name, email)
    VALUES ($1, $2, gen_random_uuid()::text, $3, $4)
    ON CONFLICT (provider, subject) DO UPDATE SET
        -- Some say it the first time only.
        name = coalesce(excluded.name, identities.name),
        email = coalesce(excluded.email, identities.email)
    RETURNING user_id
), new_user AS (
    -- The reference to it is checked when the statement ends.
    INSERT INTO users (user_id)
    SELECT user_id
    FROM identity
    ON CONFLICT DO NOTHING
)
SELECT user_id
FROM identity

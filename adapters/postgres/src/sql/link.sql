-- Returns nothing if the identity is another user's.
WITH linking_user AS (
    -- Not all users have ever signed in through a provider.
    INSERT INTO users (user_id)
    VALUES ($1)
    ON CONFLICT DO NOTHING
)
INSERT INTO identities (provider, subject, user_id, name, email)
VALUES ($2, $3, $1, $4, $5)
ON CONFLICT (provider, subject) DO UPDATE SET
    name = coalesce(excluded.name, identities.name),
    email = coalesce(excluded.email, identities.email)
WHERE identities.user_id = excluded.user_id
RETURNING user_id

-- Everything that names a user, except as the author of documents of others, or who pushed to them. The
-- ways to these wait here for what is being pushed. Gives the organisations of which the user was a member.
WITH codes AS (
    DELETE FROM login_codes USING identities
    WHERE identities.user_id = $1
      AND (login_codes.provider, login_codes.subject) = (identities.provider, identities.subject)
), belonged AS (
    DELETE FROM memberships WHERE user_id = $1
    RETURNING namespace_id, revoked
), shared AS (
    DELETE FROM shares WHERE user_id = $1
), routed AS (
    DELETE FROM routes WHERE reader_kind = 'user' AND reader_id = $1
), resets AS (
    DELETE FROM reader_resets WHERE reader_kind = 'user' AND reader_id = $1
), namespace AS (
    DELETE FROM namespaces WHERE kind = 'personal' AND owner_id = $1
), users AS (
    DELETE FROM users WHERE user_id = $1
)
SELECT namespace_id
FROM belonged
WHERE NOT revoked

-- Under the lock of the user, so that two of these cannot each leave the other's. Nobody can sign in through
-- a provider that is not configured any more.
WITH removed AS (
    DELETE FROM identities
    WHERE user_id = $1
      AND provider = $2
      AND EXISTS (
        SELECT
        FROM identities AS others
        WHERE others.user_id = $1
          AND others.provider <> $2
          AND others.provider = ANY($3)
      )
    RETURNING provider
)
SELECT
    EXISTS (SELECT FROM removed) AS is_removed,
    EXISTS (SELECT FROM identities WHERE user_id = $1 AND provider = $2) AS was_there

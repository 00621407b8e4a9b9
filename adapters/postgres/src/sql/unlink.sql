-- Under the lock of the user, so that two of these cannot each leave the other's.
WITH removed AS (
    DELETE FROM identities
    WHERE user_id = $1
      AND provider = $2
      AND EXISTS (
        SELECT
        FROM identities AS others
        WHERE others.user_id = $1
          AND others.provider <> $2
      )
    RETURNING provider
)
SELECT
    EXISTS (SELECT FROM removed) AS is_removed,
    EXISTS (SELECT FROM identities WHERE user_id = $1 AND provider = $2) AS was_there

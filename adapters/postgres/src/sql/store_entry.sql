-- Stores an entry with its shares.
WITH entry AS (
    INSERT INTO access_entries (
        namespace_id, application, collection, key, visibility, organisation_id
    )
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (namespace_id, application, collection, key) DO UPDATE
    SET visibility = excluded.visibility,
        organisation_id = excluded.organisation_id,
        updated_at = excluded.updated_at
), unshared AS (
    DELETE FROM shares
    WHERE namespace_id = $1
      AND application = $2
      AND collection = $3
      AND key = $4
      AND user_id <> ALL ($7::text[])
)
INSERT INTO shares (namespace_id, application, collection, key, user_id, access)
SELECT $1, $2, $3, $4, user_id, access
FROM unnest($7::text[], $8::text[]) AS share (user_id, access)
ON CONFLICT (namespace_id, application, collection, key, user_id) DO UPDATE
SET access = excluded.access

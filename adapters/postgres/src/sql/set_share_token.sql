INSERT INTO access_entries (
    namespace_id, application, collection, key, visibility, share_token_hash
)
VALUES ($1, $2, $3, $4, 'private', $5)
ON CONFLICT (namespace_id, application, collection, key) DO UPDATE
SET share_token_hash = excluded.share_token_hash,
    updated_at = excluded.updated_at

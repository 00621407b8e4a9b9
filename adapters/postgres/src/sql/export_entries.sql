-- Access entries of the documents of an export, behind the last one.
SELECT
    page.application,
    page.collection,
    page.key,
    json_build_object(
        'docKey', page.key,
        'userId', page.owner_id,
        'app', page.application,
        'collection', page.collection,
        'visibility', coalesce(entry.visibility, 'private'),
        'orgId', entry.organisation_id,
        'sharedWith', (
            SELECT coalesce(json_agg(json_build_object(
                'userId', shares.user_id, 'app', shares.application, 'access', shares.access
            ) ORDER BY shares.user_id), '[]')
            FROM shares
            WHERE shares.namespace_id = $1
              AND shares.application = page.application
              AND shares.collection = page.collection
              AND shares.key = page.key
        ),
        'shareToken', CASE WHEN entry.share_token_hash IS NOT NULL THEN 'set' END,
        'createdAt',
        to_char(page.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'updatedAt',
        to_char(
            coalesce(entry.updated_at, page.created_at) AT TIME ZONE 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
        )
    )::text AS text
FROM (
    SELECT
        documents.application, documents.collection, documents.key, documents.created_at,
        namespaces.owner_id
    FROM documents
    JOIN namespaces USING (namespace_id)
    WHERE documents.namespace_id = $1
      AND ($2::text IS NULL OR documents.application = $2)
      AND ($3::text IS NULL OR documents.collection = $3)
      AND (documents.application, documents.collection, documents.key) > ($4, $5, $6)
      AND NOT documents.deleted
    ORDER BY documents.application, documents.collection, documents.key
    LIMIT least($7::bigint, $8::bigint)
) AS page
LEFT JOIN access_entries AS entry
    ON entry.namespace_id = $1
    AND entry.application = page.application
    AND entry.collection = page.collection
    AND entry.key = page.key
ORDER BY page.application, page.collection, page.key

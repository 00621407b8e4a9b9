-- Access entries of the documents of an export, behind the last one.
SELECT
    documents.application,
    documents.collection,
    documents.key,
    json_build_object(
        'docKey', documents.key,
        'userId', namespaces.owner_id,
        'app', documents.application,
        'collection', documents.collection,
        'visibility', 'private',
        'sharedWith', '[]'::json,
        'shareToken', NULL
    )::text AS text
FROM documents
JOIN namespaces USING (namespace_id)
WHERE documents.namespace_id = $1
  AND ($2::text IS NULL OR documents.application = $2)
  AND ($3::text IS NULL OR documents.collection = $3)
  AND (documents.application, documents.collection, documents.key) > ($4, $5, $6)
  AND NOT documents.deleted
ORDER BY documents.application, documents.collection, documents.key
LIMIT least($7::bigint, $8::bigint)

-- Without the revisions of fields, which name the devices that wrote them.
SELECT
    '{"_key":' || to_json(documents.key)::text
    || ',"_rev":' || to_json(documents.revision)::text
    || CASE
        WHEN documents.content = '{}' THEN '}'
        ELSE ',' || right(documents.content::text, -1)
    END AS document
FROM access_entries AS entry
JOIN documents
    ON (documents.namespace_id, documents.application, documents.collection, documents.key)
     = (entry.namespace_id, entry.application, entry.collection, entry.key)
WHERE entry.share_token_hash = $1
  AND NOT documents.deleted

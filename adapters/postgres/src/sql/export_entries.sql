-- Access entries of the documents of an export, behind the last one.
SELECT
    page.application,
    page.collection,
    page.key,
    access_entry_text(
        $1, page.owner_id, page.application, page.collection, page.key, page.created_at
    ) AS text
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
ORDER BY page.application, page.collection, page.key

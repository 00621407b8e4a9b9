-- Access entries of the documents of an export, behind the last one, so many that they fit a page: an
-- entry takes up to 1 KiB, and as much for each with whom its document is shared.
SELECT
    application,
    collection,
    key,
    access_entry_text($1, owner_id, application, collection, key, created_at) AS text
FROM (
    SELECT
        *,
        sum(1024 * (1 + shares)) OVER (
            ORDER BY application, collection, key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS bytes_before
    FROM (
        SELECT
            documents.application, documents.collection, documents.key, documents.created_at,
            namespaces.owner_id,
            (
                SELECT count(*)
                FROM shares
                WHERE shares.namespace_id = documents.namespace_id
                  AND shares.application = documents.application
                  AND shares.collection = documents.collection
                  AND shares.key = documents.key
            ) AS shares
        FROM documents
        JOIN namespaces USING (namespace_id)
        WHERE documents.namespace_id = $1
          AND ($2::text IS NULL OR documents.application = $2)
          AND ($3::text IS NULL OR documents.collection = $3)
          AND (documents.application, documents.collection, documents.key) > ($4, $5, $6)
          AND NOT documents.deleted
        ORDER BY documents.application, documents.collection, documents.key
        LIMIT $7::bigint
    ) AS candidates
) AS measured
WHERE coalesce(bytes_before, 0) < $8::bigint
ORDER BY application, collection, key

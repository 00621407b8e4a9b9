-- Documents of an export behind the last one, so many that they fit a page. Texts are written last, of
-- those alone.
SELECT
    application,
    collection,
    key,
    document_text(key, revision, field_revisions, content, false) AS text
FROM (
    SELECT
        *,
        sum(bytes) OVER (
            ORDER BY application, collection, key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS bytes_before
    FROM (
        SELECT application, collection, key, revision, field_revisions, content, bytes
        FROM documents
        WHERE namespace_id = $1
          AND ($2::text IS NULL OR application = $2)
          AND ($3::text IS NULL OR collection = $3)
          AND (application, collection, key) > ($4, $5, $6)
          AND NOT deleted
        ORDER BY application, collection, key
        LIMIT $7::bigint
    ) AS candidates
) AS measured
WHERE coalesce(bytes_before, 0) < $8::bigint
ORDER BY application, collection, key

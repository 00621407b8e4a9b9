-- The kept versions of a document, the newest first, beginning with the current one: at most so
-- many, and so many bytes, if there is more than one.
WITH reached AS MATERIALIZED (
    SELECT * FROM reach($1, $2, $3, $4, $5, $6)
), versions AS (
    SELECT namespace_id, application, collection, key, version, revision, field_revisions, content,
        deleted
    FROM documents
    UNION ALL
    SELECT namespace_id, application, collection, key, version, revision, field_revisions, content,
        deleted
    FROM document_versions
), page AS (
    SELECT version, key, revision, field_revisions, content, deleted
    FROM versions
    WHERE namespace_id = (SELECT namespace_id FROM reached WHERE access IS NOT NULL)
      AND application = $4
      AND collection = $5
      AND key = $6
      AND version < $7::bigint
    ORDER BY version DESC
    LIMIT $8::bigint
), written AS (
    SELECT
        page.version,
        document_text(
            page.key, reached.owner_id, reached.access,
            page.revision, page.field_revisions, page.content, page.deleted
        ) AS document
    FROM page
    CROSS JOIN reached
), measured AS (
    SELECT
        version,
        document,
        sum(octet_length(document)) OVER (
            ORDER BY version DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS bytes_before
    FROM written
)
SELECT reached.access, measured.version, measured.document
FROM reached
LEFT JOIN measured ON coalesce(measured.bytes_before, 0) < $9::bigint
ORDER BY measured.version DESC

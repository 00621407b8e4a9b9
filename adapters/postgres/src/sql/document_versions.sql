-- The kept versions of a document, the newest first, beginning with the current one: at most so
-- many, and so many bytes, if there is more than one.
WITH space AS MATERIALIZED (
    SELECT
        named.namespace_id,
        $1 = 'personal' OR EXISTS (
            SELECT
            FROM memberships
            WHERE memberships.namespace_id = named.namespace_id
              AND memberships.user_id = $3
              AND NOT memberships.revoked
        ) AS is_member
    FROM (
        SELECT (SELECT namespace_id FROM namespaces WHERE kind = $1 AND owner_id = $2)
    ) AS named (namespace_id)
), versions AS (
    SELECT namespace_id, application, collection, key, version, revision, field_revisions, content,
        deleted
    FROM documents
    UNION ALL
    SELECT namespace_id, application, collection, key, version, revision, field_revisions, content,
        deleted
    FROM document_versions
), page AS (
    SELECT
        version,
        document_text(key, revision, field_revisions, content, deleted) AS document
    FROM versions
    WHERE namespace_id = (SELECT namespace_id FROM space WHERE is_member)
      AND application = $4
      AND collection = $5
      AND key = $6
      AND version < $7::bigint
    ORDER BY version DESC
    LIMIT $8::bigint
), measured AS (
    SELECT
        version,
        document,
        sum(octet_length(document)) OVER (
            ORDER BY version DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS bytes_before
    FROM page
)
SELECT space.is_member, measured.version, measured.document
FROM space
LEFT JOIN measured ON coalesce(measured.bytes_before, 0) < $9::bigint
ORDER BY measured.version DESC

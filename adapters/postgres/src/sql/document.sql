-- A document as it goes on the wire, with what a base clock is made of. Whoever may see a document
-- in another way than by belonging to its namespace comes in at `space`.
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
)
SELECT
    state.incarnation_id,
    (extract(epoch FROM state.horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM state.present) * 1000)::bigint AS present,
    pg_current_snapshot()::text AS snapshot,
    space.is_member,
    documents.tx::text AS tx,
    document_text(
        documents.key, documents.revision, documents.field_revisions, documents.content, false
    ) AS document
FROM database_state AS state
CROSS JOIN space
LEFT JOIN documents
    ON space.is_member
    AND documents.namespace_id = space.namespace_id
    AND documents.application = $4
    AND documents.collection = $5
    AND documents.key = $6
    AND NOT documents.deleted

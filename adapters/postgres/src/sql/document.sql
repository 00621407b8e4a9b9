-- A document as it goes on the wire, with what a base clock is made of.
SELECT
    state.incarnation_id,
    (extract(epoch FROM state.horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM state.present) * 1000)::bigint AS present,
    pg_current_snapshot()::text AS snapshot,
    reach.access,
    greatest(documents.tx, reach.opened_tx)::text AS tx,
    document_text(
        documents.key, reach.owner_id, reach.access,
        documents.revision, documents.field_revisions, documents.content, false
    ) AS document
FROM database_state AS state
CROSS JOIN reach($1, $2, $3, $4, $5, $6)
LEFT JOIN documents
    ON reach.access IS NOT NULL
    AND documents.namespace_id = reach.namespace_id
    AND documents.application = $4
    AND documents.collection = $5
    AND documents.key = $6
    AND NOT documents.deleted

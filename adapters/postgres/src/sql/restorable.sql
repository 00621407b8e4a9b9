-- The current version of a document, and the one to be restored, if it is kept.
SELECT
    state.incarnation_id,
    (extract(epoch FROM state.horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM state.present) * 1000)::bigint AS present,
    pg_current_snapshot()::text AS snapshot,
    reach.access,
    documents.version,
    documents.revision,
    documents.field_revisions::text AS field_revisions,
    documents.content::text AS content,
    documents.deleted,
    documents.tx::text AS tx,
    greatest(documents.tx, reach.opened_tx)::text AS seen_tx,
    wanted.content::text AS wanted_content,
    wanted.deleted AS wanted_deleted
FROM database_state AS state
CROSS JOIN reach($1, $2, $3, $4, $5, $6)
LEFT JOIN documents
    ON reach.access IS NOT NULL
    AND documents.namespace_id = reach.namespace_id
    AND documents.application = $4
    AND documents.collection = $5
    AND documents.key = $6
LEFT JOIN LATERAL (
    SELECT documents.content, documents.deleted
    WHERE documents.revision = $7
    UNION ALL
    SELECT past.content, past.deleted
    FROM document_versions AS past
    WHERE past.namespace_id = documents.namespace_id
      AND past.application = documents.application
      AND past.collection = documents.collection
      AND past.key = documents.key
      AND past.revision = $7
    LIMIT 1
) AS wanted ON true

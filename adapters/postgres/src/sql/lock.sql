-- Locks the documents that exist in the order of their keys, so that two requests wait for each
-- other in one direction only, and returns one row for each that was asked for.
WITH input AS (
    SELECT *
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
        WITH ORDINALITY AS input (owner_id, application, collection, key, ordinal)
), ordered AS MATERIALIZED (
    SELECT input.*, namespaces.namespace_id
    FROM input
    JOIN namespaces ON namespaces.kind = 'personal' AND namespaces.owner_id = input.owner_id
    ORDER BY namespaces.namespace_id, input.application, input.collection, input.key
), locked AS MATERIALIZED (
    -- LIMIT keeps the planner from turning the look-ups by key around.
    SELECT ordered.ordinal, found.*
    FROM ordered
    CROSS JOIN LATERAL (
        SELECT *
        FROM documents
        WHERE documents.namespace_id = ordered.namespace_id
          AND documents.application = ordered.application
          AND documents.collection = ordered.collection
          AND documents.key = ordered.key
        LIMIT 1
        FOR UPDATE
    ) AS found
)
SELECT
    state.incarnation_id,
    (extract(epoch FROM state.horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM state.present) * 1000)::bigint AS present,
    input.ordinal,
    namespaces.namespace_id,
    locked.version,
    locked.revision,
    locked.field_revisions::text AS field_revisions,
    locked.content::text AS content,
    locked.deleted,
    locked.tx::text AS tx
FROM input
CROSS JOIN database_state AS state
LEFT JOIN namespaces ON namespaces.kind = 'personal' AND namespaces.owner_id = input.owner_id
LEFT JOIN locked ON locked.ordinal = input.ordinal
ORDER BY input.ordinal

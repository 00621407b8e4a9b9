-- Locks the documents that exist in the order of their keys, so that two requests wait for each
-- other in one direction only. A member's right to write an organisation's documents is locked too.
WITH asked AS MATERIALIZED (
    SELECT
        asked.*,
        (
            SELECT namespace_id
            FROM namespaces
            WHERE namespaces.kind = asked.kind AND namespaces.owner_id = asked.owner_id
        ) AS namespace_id
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        WITH ORDINALITY AS asked (kind, owner_id, writer, application, collection, ordinal)
), held AS MATERIALIZED (
    SELECT asked.ordinal
    FROM asked
    CROSS JOIN LATERAL (
        SELECT
        FROM memberships
        WHERE asked.kind = 'organisation'
          AND memberships.namespace_id = asked.namespace_id
          AND memberships.user_id = asked.writer
          AND NOT memberships.revoked
        LIMIT 1
        FOR SHARE
    ) AS membership
), places AS MATERIALIZED (
    SELECT *, kind = 'personal' OR ordinal IN (SELECT ordinal FROM held) AS is_member FROM asked
), ordered AS MATERIALIZED (
    SELECT
        document.ordinal,
        places.namespace_id, places.application, places.collection, document.key
    FROM unnest($6::bigint[], $7::text[])
        WITH ORDINALITY AS document (place, key, ordinal)
    JOIN places ON places.ordinal = document.place
    WHERE places.is_member
    ORDER BY places.namespace_id, places.application, places.collection, document.key
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
    (SELECT array_agg(namespace_id ORDER BY ordinal) FROM places) AS namespaces,
    (SELECT array_agg(is_member ORDER BY ordinal) FROM places) AS is_member,
    locked.ordinal,
    locked.version,
    locked.revision,
    locked.field_revisions::text AS field_revisions,
    locked.content::text AS content,
    locked.deleted,
    locked.tx::text AS tx
FROM database_state AS state
LEFT JOIN locked ON true

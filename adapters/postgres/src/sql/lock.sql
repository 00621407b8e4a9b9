-- Locks the documents that exist in the order of their keys, so that two requests wait for each
-- other in one direction only; then what lets the writer write what is not the writer's own: the
-- membership of an organisation, or the route to a document that is shared. Nothing is returned of
-- documents that have too many bytes together.
WITH asked AS MATERIALIZED (
    SELECT
        asked.*,
        coalesce(
            (
                SELECT namespace_id
                FROM namespaces
                WHERE namespaces.kind = asked.kind AND namespaces.owner_id = asked.owner_id
            ),
            -- What pulls name as the owner of another's document may be an organisation.
            CASE WHEN asked.owner_id <> asked.writer THEN (
                SELECT namespace_id
                FROM namespaces
                WHERE namespaces.kind = 'organisation' AND namespaces.owner_id = asked.owner_id
            ) END
        ) AS namespace_id,
        -- The end of an account of the writer's.
        (
            SELECT deleted_accounts
            FROM deleted_accounts
            WHERE subject_hash = sha256(convert_to(asked.writer, 'UTF8'))
        ) AS ended
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
        WITH ORDINALITY AS asked (
            kind, owner_id, writer, session_began, application, collection, ordinal
        )
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
    SELECT
        *,
        (kind = 'personal' OR ordinal IN (SELECT ordinal FROM held))
        -- A token may be older than the end of its account.
        AND (extract(epoch FROM (ended).deleted_at) * 1000 >= session_began) IS NOT TRUE AS is_member,
        kind = 'personal' AND owner_id <> writer AS is_shared,
        -- Whoever deletes the namespace waits until this push is durable.
        pg_advisory_xact_lock_shared(namespace_id)::text AS held_namespace
    FROM asked
), ordered AS MATERIALIZED (
    SELECT
        document.ordinal,
        places.namespace_id, places.application, places.collection, document.key,
        places.writer, places.is_shared
    FROM unnest($7::bigint[], $8::text[])
        WITH ORDINALITY AS document (place, key, ordinal)
    JOIN places ON places.ordinal = document.place
    WHERE places.is_member
      -- What the writer may not see is neither locked nor measured, which would tell that it exists.
      AND (NOT places.is_shared OR EXISTS (
        SELECT
        FROM routes
        WHERE routes.namespace_id = places.namespace_id
          AND routes.application = places.application
          AND routes.collection = places.collection
          AND routes.key = document.key
          AND NOT routes.revoked
          AND (
            (routes.reader_kind = 'user' AND routes.reader_id = places.writer)
            OR routes.reader_kind = 'everybody'
            OR CASE WHEN routes.reader_kind = 'organisation' THEN EXISTS (
                SELECT
                FROM memberships
                WHERE memberships.namespace_id = routes.reader_id::bigint
                  AND memberships.user_id = places.writer
                  AND NOT memberships.revoked
            ) END
        )
      ))
    ORDER BY places.namespace_id, places.application, places.collection, document.key
), locked AS MATERIALIZED (
    -- LIMIT keeps the planner from turning the look-ups by key around.
    SELECT ordered.ordinal, ordered.writer, ordered.is_shared, found.*
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
), routed AS MATERIALIZED (
    SELECT locked.ordinal, route.*
    FROM locked
    CROSS JOIN LATERAL find_route(
        locked.namespace_id, locked.application, locked.collection, locked.key, locked.writer
    ) AS route
    WHERE locked.is_shared
), measured AS (
    SELECT count(*) > 1 AND sum(bytes) > $9::bigint AS is_too_much FROM locked
)
SELECT
    state.incarnation_id,
    (extract(epoch FROM state.horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM state.present) * 1000)::bigint AS present,
    (SELECT array_agg(namespace_id ORDER BY ordinal) FROM places) AS namespaces,
    (SELECT array_agg(is_member ORDER BY ordinal) FROM places) AS is_member,
    (SELECT array_agg((ended).tx::text ORDER BY ordinal) FROM places) AS ended,
    measured.is_too_much,
    locked.ordinal,
    locked.version,
    locked.revision,
    locked.field_revisions::text AS field_revisions,
    locked.content::text AS content,
    locked.deleted,
    locked.tx::text AS tx,
    locked.namespace_id,
    routed.access AS route_access,
    routed.opened_tx::text AS route_opened
FROM database_state AS state
CROSS JOIN measured
LEFT JOIN (locked LEFT JOIN routed ON routed.ordinal = locked.ordinal) ON NOT measured.is_too_much

-- Reads the documents that requests want to write, all of them their writers' own or an
-- organisation's, without locking anything: what is decided on them is stored only if they are still
-- the same. The columns are those of lock.sql. None is read if together they have too many bytes.
WITH asked AS MATERIALIZED (
    SELECT
        asked.*,
        (
            SELECT namespace_id
            FROM namespaces
            WHERE namespaces.kind = asked.kind AND namespaces.owner_id = asked.owner_id
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
), places AS MATERIALIZED (
    SELECT
        *,
        -- Whoever has no namespace yet is not known here.
        namespace_id IS NOT NULL
        AND (
            kind = 'personal' OR EXISTS (
                SELECT
                FROM memberships
                WHERE memberships.namespace_id = asked.namespace_id
                  AND memberships.user_id = asked.writer
                  AND NOT memberships.revoked
            )
        )
        -- A token may be older than the end of its account.
        AND (extract(epoch FROM (ended).deleted_at) * 1000 >= session_began) IS NOT TRUE AS is_member
    FROM asked
), found AS MATERIALIZED (
    SELECT wanted.ordinal, document.*
    FROM unnest($7::bigint[], $8::text[]) WITH ORDINALITY AS wanted (place, key, ordinal)
    JOIN places ON places.ordinal = wanted.place
    -- LIMIT keeps the planner from turning the look-ups by key around.
    CROSS JOIN LATERAL (
        SELECT version, revision, field_revisions, content, deleted, bytes, tx
        FROM documents
        WHERE documents.namespace_id = places.namespace_id
          AND documents.application = places.application
          AND documents.collection = places.collection
          AND documents.key = wanted.key
        LIMIT 1
    ) AS document
    WHERE places.is_member
), measured AS (
    SELECT count(*) > 1 AND sum(bytes) > $9::bigint AS is_too_much FROM found
)
SELECT
    state.incarnation_id,
    (extract(epoch FROM state.horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM state.present) * 1000)::bigint AS present,
    (SELECT array_agg(namespace_id ORDER BY ordinal) FROM places) AS namespaces,
    (SELECT array_agg(is_member ORDER BY ordinal) FROM places) AS is_member,
    (SELECT array_agg((ended).tx::text ORDER BY ordinal) FROM places) AS ended,
    measured.is_too_much,
    found.ordinal,
    found.version,
    found.revision,
    found.field_revisions::text AS field_revisions,
    found.content::text AS content,
    found.deleted,
    found.tx::text AS tx
FROM database_state AS state
CROSS JOIN measured
LEFT JOIN found ON NOT measured.is_too_much

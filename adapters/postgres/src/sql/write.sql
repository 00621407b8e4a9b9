-- Stores new versions, keeps those they supersede, and remembers what was pushed; or nothing of it, if
-- anything is not as it was when that was decided: a document has another version or has appeared, a
-- namespace is gone, a membership is revoked, the database lives another life. With it, whether there
-- was anything to read for those who push, as of the moment before.
WITH held AS MATERIALIZED (
    SELECT hold_namespaces($25::bigint[], $24) AS is_held
), member AS (
    SELECT
    FROM unnest($26::bigint[], $27::text[]) AS writer (namespace_id, user_id)
    CROSS JOIN LATERAL (
        SELECT
        FROM memberships
        WHERE memberships.namespace_id = writer.namespace_id
          AND memberships.user_id = writer.user_id
          AND NOT memberships.revoked
        LIMIT 1
        FOR SHARE
    ) AS membership
), input AS (
    SELECT *
    FROM unnest(
        $1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[],
        $6::text[], $7::text[], $8::text[], $9::boolean[], $10::integer[], $11::text[]
    ) AS input (
        namespace_id, application, collection, key, version,
        revision, field_revisions, content, deleted, bytes, writer
    )
), superseded AS (
    INSERT INTO document_versions (
        namespace_id, application, collection, key, version,
        revision, field_revisions, content, deleted, tx
    )
    SELECT
        input.namespace_id, input.application, input.collection, input.key, current.version,
        current.revision, current.field_revisions, current.content, current.deleted, current.tx
    FROM input
    -- LIMIT keeps the planner from turning the look-ups by key around.
    CROSS JOIN LATERAL (
        SELECT *
        FROM documents
        WHERE documents.namespace_id = input.namespace_id
          AND documents.application = input.application
          AND documents.collection = input.collection
          AND documents.key = input.key
        LIMIT 1
    ) AS current
    WHERE input.version > 1
    RETURNING version
), written AS (
    INSERT INTO documents AS current (
        namespace_id, application, collection, key, version,
        revision, field_revisions, content, deleted, bytes, tx, created_by
    )
    SELECT
        namespace_id, application, collection, key, version,
        revision, field_revisions::json, content::jsonb, deleted, bytes, pg_current_xact_id(),
        writer
    FROM input
    -- Before anything is written.
    WHERE (SELECT is_held FROM held)
    ORDER BY namespace_id, application, collection, key
    ON CONFLICT (namespace_id, application, collection, key) DO UPDATE
    SET version = excluded.version,
        revision = excluded.revision,
        field_revisions = excluded.field_revisions,
        content = excluded.content,
        deleted = excluded.deleted,
        bytes = excluded.bytes,
        tx = excluded.tx,
        written_at = excluded.written_at,
        -- Whoever makes a deleted document again is its author.
        created_by = CASE
            WHEN current.deleted AND NOT excluded.deleted THEN excluded.created_by
            ELSE current.created_by
        END
    WHERE current.version = excluded.version - 1
    RETURNING namespace_id, application, collection, key, has_routes
), shared AS (
    SELECT
        array_agg(namespace_id) AS namespace_ids,
        array_agg(application) AS applications,
        array_agg(collection) AS collections,
        array_agg(key) AS keys
    FROM written
    WHERE has_routes
), touched AS MATERIALIZED (
    SELECT routes.*
    FROM shared
    CROSS JOIN LATERAL touch_routes(namespace_ids, applications, collections, keys) AS routes
    WHERE namespace_ids IS NOT NULL
), pushed AS (
    INSERT INTO document_pushes (
        namespace_id, application, collection, key, version,
        path, revision, node, value, report, pusher, tx
    )
    SELECT
        namespace_id, application, collection, key, version,
        path, revision, device, value::json, report::json, pusher,
        pg_current_xact_id()
    FROM unnest(
        $12::bigint[], $13::text[], $14::text[], $15::text[], $16::bigint[],
        $17::text[], $18::text[], $19::text[], $20::text[],
        $21::text[], $22::text[]
    ) AS pushed (
        namespace_id, application, collection, key, version,
        path, revision, value, report, pusher, device
    )
    WHERE (SELECT is_held FROM held)
)
SELECT
    state.incarnation_id,
    (extract(epoch FROM state.horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM state.present) * 1000)::bigint AS present,
    pg_current_snapshot()::text AS snapshot,
    pg_snapshot_xmax(pg_current_snapshot())::text AS next_transaction,
    looked.is_member,
    looked.newest,
    looked.has_news,
    CASE
        WHEN state.incarnation_id = $23
            AND (SELECT is_held FROM held)
            AND (SELECT count(*) FROM member) = cardinality($26)
            AND (SELECT count(*) FROM written) = cardinality($1)
            AND (SELECT count(*) FROM superseded)
                = (SELECT count(*) FROM unnest($5) AS input (version) WHERE version > 1)
        THEN pg_current_xact_id()::text
        ELSE refuse_push()
    END AS tx,
    -- Who has a way to what was written, for those of them who listen.
    (
        SELECT json_agg(DISTINCT jsonb_build_array(
            reader_kind,
            CASE reader_kind
                WHEN 'organisation' THEN (
                    SELECT owner_id
                    FROM namespaces
                    WHERE namespaces.namespace_id = touched.reader_id::bigint
                )
                ELSE reader_id
            END,
            application,
            collection
        ))::text
        FROM touched
    ) AS readers
FROM database_state AS state
LEFT JOIN look(
    $28::text[], $29::text[], $30::text[], $31::text[], $32::text[],
    $33::boolean[], $34::text[], $35::text[], $36::text[], $37::boolean[]
) AS looked ON true
ORDER BY looked.ordinal

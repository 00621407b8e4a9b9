-- What merges need of the past: the last version that each device had seen, versions and pushes
-- that hold a revision it names, and the last that its own nodes wrote to each path since.
--
-- A statement of its own after the lock: one that waited for a row sees everything but that row as
-- of before the wait, and would miss the ancestor. OFFSET keeps the planner from turning the
-- look-ups by key around. If the revisions to go through take too many bytes as they are stored, a row without an
-- ordinal says so: others would wait for that.
WITH input AS (
    SELECT *
    FROM unnest(
        $1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[],
        $6::text[]::pg_snapshot[], $7::text[]::xid8[],
        $8::text[]::pg_snapshot[], $9::text[]::xid8[], $10::text[]
    ) AS input (
        ordinal, namespace_id, application, collection, key,
        seen_begin, seen_own,
        seen_end, position_tx, position_key
    )
), named AS (
    SELECT * FROM unnest($11::bigint[], $12::text[], $13::text[]) AS named (ordinal, path, revision)
), nodes AS (
    SELECT * FROM unnest($14::bigint[], $15::text[]) AS nodes (ordinal, node)
), past AS MATERIALIZED (
    -- Every kept version, without its content: that is read of those which are wanted.
    SELECT
        input.ordinal,
        versions.version,
        versions.revision,
        versions.field_revisions,
        pg_visible_in_snapshot(versions.tx, input.seen_begin)
        OR versions.tx = input.seen_own
        OR (
            pg_visible_in_snapshot(versions.tx, input.seen_end)
            AND (versions.tx, versions.key) <= (input.position_tx, input.position_key)
        ) AS is_seen
    FROM input
    CROSS JOIN LATERAL (
        SELECT key, version, revision, field_revisions, tx
        FROM document_versions
        WHERE document_versions.namespace_id = input.namespace_id
          AND document_versions.application = input.application
          AND document_versions.collection = input.collection
          AND document_versions.key = input.key
        OFFSET 0
    ) AS versions
), ancestors AS (
    SELECT ordinal, max(version) AS version
    FROM past
    WHERE is_seen
    GROUP BY ordinal
), oldest_named AS (
    SELECT ordinal, min(revision COLLATE "C") AS revision FROM named GROUP BY ordinal
), read AS MATERIALIZED (
    SELECT
        past.ordinal,
        past.version,
        past.field_revisions,
        -- A version holds no revision above its own.
        past.revision >= oldest_named.revision AS may_hold_named,
        past.version > coalesce(ancestors.version, 0) AS is_later
    FROM past
    LEFT JOIN oldest_named ON oldest_named.ordinal = past.ordinal
    LEFT JOIN ancestors ON ancestors.ordinal = past.ordinal
    WHERE past.revision >= oldest_named.revision
       OR past.version > coalesce(ancestors.version, 0)
), measured AS (
    SELECT sum(pg_column_size(field_revisions)) > $16::bigint AS is_too_much FROM read
), holding_named AS (
    -- The first that holds a revision has the value that was pushed with it; a later one may have
    -- lost it in a deletion, or below a value in the place of its object.
    SELECT read.ordinal, min(read.version) AS version
    FROM read
    CROSS JOIN LATERAL json_each_text(read.field_revisions) AS revisions (path, revision)
    JOIN named
        ON (named.ordinal, named.path, named.revision)
        = (read.ordinal, revisions.path, revisions.revision)
    WHERE read.may_hold_named
      AND (SELECT is_too_much FROM measured) IS NOT TRUE
    GROUP BY read.ordinal, revisions.path, revisions.revision
), holding_own AS (
    SELECT DISTINCT ON (read.ordinal, nodes.node, revisions.path)
        read.ordinal, read.version
    FROM read
    JOIN nodes ON nodes.ordinal = read.ordinal
    CROSS JOIN LATERAL json_each_text(read.field_revisions) AS revisions (path, revision)
    WHERE read.is_later
      AND (SELECT is_too_much FROM measured) IS NOT TRUE
      -- A revision is 13 digits, 6 digits and the node, with a hyphen after each number.
      AND substr(revisions.revision, 22) = nodes.node
    ORDER BY
        read.ordinal, nodes.node, revisions.path,
        revisions.revision COLLATE "C" DESC, read.version
), wanted AS (
    SELECT ordinal, version FROM ancestors
    UNION SELECT ordinal, version FROM holding_named
    UNION SELECT ordinal, version FROM holding_own
)
SELECT
    NULL::bigint AS ordinal, NULL::bigint AS version, NULL::boolean AS is_ancestor, NULL::text AS revision,
    NULL::text AS field_revisions, NULL::text AS content, NULL::boolean AS deleted,
    NULL::bigint AS superseded_at, NULL::text AS path, NULL::text AS value
FROM measured
WHERE is_too_much
UNION ALL
SELECT
    input.ordinal,
    versions.version,
    versions.version = ancestors.version,
    versions.revision,
    versions.field_revisions::text,
    versions.content::text,
    versions.deleted,
    floor(extract(epoch FROM versions.superseded_at) * 1000)::bigint,
    NULL,
    NULL
FROM wanted
JOIN input ON input.ordinal = wanted.ordinal
LEFT JOIN ancestors ON ancestors.ordinal = wanted.ordinal
CROSS JOIN LATERAL (
    SELECT *
    FROM document_versions
    WHERE document_versions.namespace_id = input.namespace_id
      AND document_versions.application = input.application
      AND document_versions.collection = input.collection
      AND document_versions.key = input.key
      AND document_versions.version = wanted.version
    OFFSET 0
) AS versions
UNION ALL
SELECT
    input.ordinal, pushes.version, NULL, pushes.revision, NULL, NULL, NULL, NULL,
    pushes.path, pushes.value::text
FROM input
LEFT JOIN ancestors ON ancestors.ordinal = input.ordinal
CROSS JOIN LATERAL (
    SELECT *
    FROM document_pushes
    WHERE document_pushes.namespace_id = input.namespace_id
      AND document_pushes.application = input.application
      AND document_pushes.collection = input.collection
      AND document_pushes.key = input.key
    OFFSET 0
) AS pushes
WHERE EXISTS (
        SELECT FROM named
        WHERE (named.ordinal, named.path, named.revision)
            = (input.ordinal, pushes.path, pushes.revision)
    )
   OR (
        pushes.version > coalesce(ancestors.version, 0)
        AND EXISTS (
            SELECT FROM nodes
            WHERE (nodes.ordinal, nodes.node) = (input.ordinal, substr(pushes.revision, 22))
        )
    )

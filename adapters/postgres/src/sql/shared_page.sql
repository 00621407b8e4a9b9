-- One page of what a reader has not seen of the documents of others: what has become visible or has
-- changed, and what is no longer visible. A write to a document touches the routes to it, so that
-- the routes alone tell what is due.
WITH asked AS MATERIALIZED (
    SELECT
        $4::text::pg_snapshot AS seen_begin,
        $5::text::xid8 AS first_unseen,
        $6::text::pg_snapshot AS seen_end,
        (SELECT namespace_id FROM namespaces WHERE kind = 'personal' AND owner_id = $1) AS own
), belongs AS MATERIALIZED (
    SELECT
        memberships.namespace_id::text AS reader_id,
        NOT memberships.revoked AS is_live,
        memberships.tx AS changed_tx,
        memberships.left_snapshot,
        memberships.tx >= asked.first_unseen
        AND NOT pg_visible_in_snapshot(memberships.tx, asked.seen_begin)
        AND pg_visible_in_snapshot(memberships.tx, asked.seen_end) AS is_due
    FROM asked
    CROSS JOIN memberships
    WHERE memberships.user_id = $1
), readers AS MATERIALIZED (
    SELECT
        'user' AS reader_kind, $1 AS reader_id,
        true AS is_live, NULL::xid8 AS changed_tx, NULL::pg_snapshot AS left_snapshot, false AS is_due
    UNION ALL
    SELECT 'organisation', reader_id, is_live, changed_tx, left_snapshot, is_due FROM belongs
    UNION ALL
    SELECT 'everybody', '', true, NULL, NULL, false WHERE $11
), due AS (
    SELECT changed.namespace_id, changed.key
    FROM asked
    CROSS JOIN readers
    CROSS JOIN LATERAL (
        SELECT namespace_id, key
        FROM routes
        WHERE reader_kind = readers.reader_kind
          AND reader_id = readers.reader_id
          AND application = $2
          AND collection = $3
          AND tx > '0'
          AND tx >= asked.first_unseen
          AND NOT pg_visible_in_snapshot(tx, asked.seen_begin)
          AND (
            pg_visible_in_snapshot(tx, asked.seen_end)
            -- A route that was touched since hides what had touched it before. If its document was not
            -- written since, it is as it was in the end.
            OR EXISTS (
                SELECT
                FROM documents
                WHERE documents.namespace_id = routes.namespace_id
                  AND documents.application = $2
                  AND documents.collection = $3
                  AND documents.key = routes.key
                  AND pg_visible_in_snapshot(documents.tx, asked.seen_end)
            )
          )
        OFFSET 0
    ) AS changed
    -- Whoever has left an organisation is told of that, and of nothing that becomes of its documents later.
    WHERE readers.is_live
    UNION
    -- Whoever joined an organisation has to be told of everything that it may see, and whoever left it of what it
    -- could see until then.
    SELECT opened.namespace_id, opened.key
    FROM readers
    CROSS JOIN LATERAL (
        SELECT namespace_id, key, first_opened_tx
        FROM routes
        WHERE reader_kind = readers.reader_kind
          AND reader_id = readers.reader_id
          AND application = $2
          AND collection = $3
        OFFSET 0
    ) AS opened
    WHERE readers.is_due
      AND (readers.is_live OR coalesce(
        pg_visible_in_snapshot(opened.first_opened_tx, readers.left_snapshot),
        opened.first_opened_tx < readers.changed_tx
    ))
), candidates AS MATERIALIZED (
    SELECT due.namespace_id, due.key
    FROM asked
    CROSS JOIN due
    WHERE due.namespace_id IS DISTINCT FROM asked.own
      AND (due.namespace_id, due.key) > ($7::bigint, $8)
    ORDER BY due.namespace_id, due.key
    LIMIT $12::bigint + 1
), found AS (
    SELECT
        candidates.namespace_id, candidates.key, owner.owner_id, route.access,
        document.revision, document.field_revisions, document.content, document.deleted,
        document.tx, coalesce(document.bytes, 0) AS bytes,
        route.access IS NULL OR document.revision IS NULL AS is_removed
    FROM candidates
    CROSS JOIN LATERAL (
        SELECT owner_id FROM namespaces WHERE namespace_id = candidates.namespace_id LIMIT 1
    ) AS owner
    LEFT JOIN LATERAL (
        SELECT access
        FROM routes
        WHERE routes.namespace_id = candidates.namespace_id
          AND routes.application = $2
          AND routes.collection = $3
          AND routes.key = candidates.key
          AND NOT routes.revoked
          AND (routes.reader_kind, routes.reader_id) IN (
            SELECT reader_kind, reader_id FROM readers WHERE is_live
        )
        ORDER BY access DESC
        LIMIT 1
    ) AS route ON true
    LEFT JOIN LATERAL (
        SELECT revision, field_revisions, content, deleted, tx, bytes
        FROM documents
        WHERE documents.namespace_id = candidates.namespace_id
          AND documents.application = $2
          AND documents.collection = $3
          AND documents.key = candidates.key
        LIMIT 1
    ) AS document ON true
), numbered AS (
    SELECT
        *,
        row_number() OVER running = 1
        OR (
            row_number() OVER running <= $12::bigint
            AND sum(bytes) OVER running <= $13::bigint
        ) AS is_on_page
    FROM found
    WINDOW running AS (ORDER BY namespace_id, key ROWS UNBOUNDED PRECEDING)
)
SELECT
    state.incarnation_id,
    (extract(epoch FROM state.horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM state.present) * 1000)::bigint AS present,
    page.*
FROM database_state AS state
CROSS JOIN (
    SELECT
        string_agg(
            CASE
                WHEN is_removed THEN '{"_key":' || to_json(key)::text
                    || ',"_owner":' || to_json(owner_id)::text
                    || ',"_removed":true}'
                ELSE document_text(
                    key, owner_id, access, revision, field_revisions, content, deleted
                )
            END,
            ',' ORDER BY namespace_id, key
        ) FILTER (
            WHERE is_on_page
            AND ($9 OR NOT (is_removed OR deleted))
            -- What was just pushed is known, but not that it may no longer be written, or seen.
            AND NOT (NOT is_removed AND access = 'write' AND EXISTS (
                SELECT
                FROM unnest($14::text[], $15::text[], $16::text[]::xid8[])
                    AS without (owner_id, key, tx)
                WHERE (without.owner_id, without.key, without.tx)
                    = (numbered.owner_id, numbered.key, numbered.tx)
            ))
            AND NOT ($10 AND EXISTS (
                SELECT
                FROM asked
                JOIN documents AS mine ON mine.namespace_id = asked.own
                WHERE mine.application = $2
                  AND mine.collection = $3
                  AND mine.key = numbered.key
                  AND NOT mine.deleted
            ))
        ) AS documents,
        count(*) FILTER (WHERE is_on_page) AS count,
        count(*) FILTER (WHERE NOT is_on_page) > 0 AS has_more,
        max(encode(int8send(namespace_id), 'hex') || key) FILTER (WHERE is_on_page) AS last,
        max(revision) FILTER (WHERE is_on_page) AS greatest_revision
    FROM numbered
) AS page

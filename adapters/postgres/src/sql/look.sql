-- For each request, whether there may be anything that its caller has not seen, with everything else
-- that an answer without documents needs, in one snapshot. Most pulls bring nothing, and looking for
-- that costs less than half of reading a page.
--
-- What a cursor has not seen has a transaction at or above its first unseen one: all look-ups begin
-- there, at the end of an index. What is found at first sight need not be due: the page tells.
WITH asked AS MATERIALIZED (
    SELECT
        asked.*,
        (
            SELECT namespace_id
            FROM namespaces
            WHERE namespaces.kind = asked.kind AND namespaces.owner_id = asked.owner_id
        ) AS namespace_id
    FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[],
        $7::text[]::pg_snapshot[], $8::text[]::xid8[], $9::text[]::xid8[],
        $10::text[]::xid8[], $11::boolean[], $12::boolean[]
    ) WITH ORDINALITY AS asked (
        kind, owner_id, reader, application, collection, everybody,
        seen, first_unseen, seen_own,
        own, own_is_known, wants_reports,
        ordinal
    )
)
SELECT
    state.incarnation_id,
    (extract(epoch FROM state.horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM state.present) * 1000)::bigint AS present,
    pg_current_snapshot()::text AS snapshot,
    pg_snapshot_xmax(pg_current_snapshot())::text AS next_transaction,
    asked.kind = 'personal' OR EXISTS (
        SELECT
        FROM memberships
        WHERE memberships.namespace_id = asked.namespace_id
          AND memberships.user_id = asked.reader
          AND NOT memberships.revoked
    ) AS is_member,
    newest.tx::text AS newest,
    newest.tx IS NOT NULL AND EXISTS (
        SELECT
        FROM documents
        WHERE namespace_id = asked.namespace_id
          AND application = asked.application
          AND collection = asked.collection
          AND tx > '0'
          AND tx >= asked.first_unseen
          AND NOT pg_visible_in_snapshot(tx, asked.seen)
          AND tx IS DISTINCT FROM asked.seen_own
          AND (NOT asked.own_is_known OR tx IS DISTINCT FROM asked.own)
    )
    OR asked.wants_reports AND EXISTS (
        SELECT
        FROM document_pushes
        WHERE namespace_id = asked.namespace_id
          AND application = asked.application
          AND collection = asked.collection
          AND tx > '0'
          AND tx >= asked.first_unseen
          AND NOT pg_visible_in_snapshot(tx, asked.seen)
          AND tx IS DISTINCT FROM asked.seen_own
          AND tx IS DISTINCT FROM asked.own
    )
    OR asked.kind = 'personal' AND (
        asked.wants_reports AND EXISTS (
            SELECT
            FROM document_pushes
            WHERE pusher = asked.reader
              AND application = asked.application
              AND collection = asked.collection
              AND tx >= asked.first_unseen
              AND NOT pg_visible_in_snapshot(tx, asked.seen)
              AND tx IS DISTINCT FROM asked.seen_own
              AND tx IS DISTINCT FROM asked.own
        )
        OR EXISTS (
            SELECT
            FROM (
                SELECT 'user' AS kind, asked.reader AS id, '0'::xid8 AS tx
                UNION ALL
                SELECT 'everybody', '', '0' WHERE asked.everybody
                UNION ALL
                SELECT 'organisation', namespace_id::text, tx
                FROM memberships
                WHERE memberships.user_id = asked.reader
            ) AS readers
            WHERE readers.tx >= asked.first_unseen
               OR EXISTS (
                    SELECT
                    FROM routes
                    WHERE reader_kind = readers.kind
                      AND reader_id = readers.id
                      AND application = asked.application
                      AND collection = asked.collection
                      AND routes.tx > '0'
                      AND routes.tx >= asked.first_unseen
                )
               OR EXISTS (
                    SELECT
                    FROM reader_resets
                    WHERE reader_kind = readers.kind
                      AND reader_id = readers.id
                      AND application = asked.application
                      AND collection = asked.collection
                      AND reader_resets.tx >= asked.first_unseen
                )
        )
    ) AS has_news
FROM database_state AS state
CROSS JOIN asked
LEFT JOIN LATERAL (
    SELECT tx
    FROM documents
    WHERE namespace_id = asked.namespace_id
      AND application = asked.application
      AND collection = asked.collection
      AND tx > '0'
      AND tx >= asked.first_unseen
    ORDER BY documents.tx DESC
    LIMIT 1
) AS newest ON true
ORDER BY asked.ordinal

-- One page of what a caller has not seen, in the order in which it was written, as the JSON text
-- that goes on the wire; with everything else that the answer needs, in one snapshot.
WITH state AS MATERIALIZED (
    SELECT *, pg_current_snapshot() AS snapshot FROM database_state
), space AS MATERIALIZED (
    SELECT namespace_id FROM namespaces WHERE kind = 'personal' AND owner_id = $1
), candidates AS MATERIALIZED (
    SELECT tx, key, revision, field_revisions, content, deleted, bytes
    FROM documents
    WHERE namespace_id = (SELECT namespace_id FROM space)
      AND application = $2
      AND collection = $3
      -- Both bounds are there for the index: no transaction before the first one is unseen, and
      -- the page begins behind the last one.
      AND tx >= $5::text::xid8
      AND (tx, key) > ($9::text::xid8, $10)
      AND NOT pg_visible_in_snapshot(tx, $4::text::pg_snapshot)
      AND tx IS DISTINCT FROM $6::text::xid8
      AND ($7::text IS NULL OR revision > $7)
      AND ($8::text IS NULL OR pg_visible_in_snapshot(tx, $8::text::pg_snapshot))
    ORDER BY tx, key
    LIMIT $12::bigint + 1
), numbered AS (
    SELECT *, row_number() OVER running AS number, sum(bytes) OVER running AS total
    FROM candidates
    WINDOW running AS (ORDER BY tx, key)
), page AS MATERIALIZED (
    SELECT * FROM numbered WHERE number <= $12 AND (number = 1 OR total <= $13::bigint)
), shown AS (
    SELECT *
    FROM page
    WHERE ($11 OR NOT deleted)
      AND NOT EXISTS (
        SELECT FROM unnest($14::text[]::xid8[], $15::text[]) AS without (tx, key)
        WHERE (without.tx, without.key) = (page.tx, page.key)
    )
), reports AS (
    SELECT report
    FROM document_pushes
    WHERE namespace_id = (SELECT namespace_id FROM space)
      AND application = $2
      AND collection = $3
      AND tx >= $5::text::xid8
      AND NOT pg_visible_in_snapshot(tx, $4::text::pg_snapshot)
      AND tx IS DISTINCT FROM $6::text::xid8
      AND tx IS DISTINCT FROM $19::text::xid8
      AND report IS NOT NULL
      AND (
        node = $16
        OR (key, node) IN (SELECT * FROM unnest($17::text[], $18::text[]))
    )
    ORDER BY push_id
)
SELECT
    state.incarnation_id,
    (extract(epoch FROM state.horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM state.present) * 1000)::bigint AS present,
    state.snapshot::text AS snapshot,
    pg_snapshot_xmax(state.snapshot)::text AS next_transaction,
    (
        SELECT tx::text
        FROM documents
        WHERE namespace_id = (SELECT namespace_id FROM space)
          AND application = $2
          AND collection = $3
        -- Qualified: `tx` alone would be the text that is selected, which sorts '9' above '10'.
        ORDER BY documents.tx DESC
        LIMIT 1
    ) AS newest_document,
    (
        SELECT tx::text
        FROM document_pushes
        WHERE namespace_id = (SELECT namespace_id FROM space)
          AND application = $2
          AND collection = $3
        ORDER BY document_pushes.tx DESC
        LIMIT 1
    ) AS newest_push,
    (
        SELECT string_agg(
            '{"_key":' || to_json(key)::text
            || ',"_rev":' || to_json(revision)::text
            || ',"_fieldRevs":' || field_revisions::text
            || CASE
                WHEN deleted THEN ',"_deleted":true}'
                WHEN content = '{}' THEN '}'
                ELSE ',' || substr(content::text, 2)
            END,
            ',' ORDER BY number
        )
        FROM shown
    ) AS documents,
    (SELECT count(*) FROM page) AS count,
    (SELECT count(*) FROM candidates) > (SELECT count(*) FROM page) AS has_more,
    (SELECT tx::text FROM page ORDER BY number DESC LIMIT 1) AS last_tx,
    (SELECT key FROM page ORDER BY number DESC LIMIT 1) AS last_key,
    (SELECT max(revision) FROM page) AS greatest_revision,
    (SELECT json_agg(report)::text FROM reports) AS reports
FROM state

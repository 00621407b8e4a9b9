-- For each request, one page of what its caller has not seen, in the order in which it was written,
-- as the JSON text that goes on the wire; with everything else that the answers need, in one
-- snapshot. Several requests share a statement because starting one costs more than an empty page.
WITH state AS MATERIALIZED (
    SELECT *, pg_current_snapshot() AS snapshot FROM database_state
), asked AS MATERIALIZED (
    SELECT
        asked.*,
        (
            SELECT namespace_id
            FROM namespaces
            WHERE namespaces.kind = asked.kind AND namespaces.owner_id = asked.owner_id
        ) AS present_namespace_id
    FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[],
        $7::text[]::pg_snapshot[], $8::text[]::xid8[], $9::text[]::xid8[], $10::text[],
        $11::text[]::pg_snapshot[], $12::text[]::xid8[], $13::text[],
        $14::boolean[], $15::bigint[], $16::bigint[],
        $17::text[]::xid8[], $18::boolean[], $19::boolean[], $20::text[]
    ) WITH ORDINALITY AS asked (
        kind, owner_id, reader, application, collection, everybody,
        seen_begin, first_unseen, seen_own, later_than,
        seen_end, position_tx, position_key,
        tombstones, most_documents, most_bytes,
        own, own_is_known, wants_reports, device,
        ordinal
    )
), input AS MATERIALIZED (
    SELECT
        *,
        CASE WHEN is_member THEN present_namespace_id END AS namespace_id,
        CASE WHEN own_is_known THEN own END AS left_out
    FROM (
        SELECT
            *,
            kind = 'personal' OR EXISTS (
                SELECT
                FROM memberships
                WHERE memberships.namespace_id = asked.present_namespace_id
                  AND memberships.user_id = asked.reader
                  AND NOT memberships.revoked
            ) AS is_member
        FROM asked
    ) AS checked
)
SELECT
    state.incarnation_id,
    (extract(epoch FROM state.horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM state.present) * 1000)::bigint AS present,
    state.snapshot::text AS snapshot,
    pg_snapshot_xmax(state.snapshot)::text AS next_transaction,
    input.is_member,
    (
        SELECT tx::text
        FROM documents
        WHERE namespace_id = input.namespace_id
          AND application = input.application
          AND collection = input.collection
          AND tx > '0'
        -- Qualified: `tx` alone would be the text that is selected, which sorts '9' above '10'.
        ORDER BY documents.tx DESC
        LIMIT 1
    ) AS newest_document,
    greatest(
        (
            SELECT tx
            FROM document_pushes
            WHERE namespace_id = input.namespace_id
              AND application = input.application
              AND collection = input.collection
              AND tx > '0'
            ORDER BY tx DESC
            LIMIT 1
        ),
        -- One to a document of another may have written nothing but its report.
        CASE WHEN input.kind = 'personal' THEN (
            SELECT tx
            FROM document_pushes
            WHERE pusher = input.reader
              AND application = input.application
              AND collection = input.collection
            ORDER BY tx DESC
            LIMIT 1
        ) END
    )::text AS newest_push,
    -- What a reader of documents of others has to be told of: routes, writes to what they lead to,
    -- and joining or leaving an organisation.
    CASE WHEN input.kind = 'personal' THEN greatest(
        (
            SELECT tx
            FROM routes
            WHERE reader_kind = 'user'
              AND reader_id = input.reader
              AND application = input.application
              AND collection = input.collection
              AND tx > '0'
            ORDER BY tx DESC
            LIMIT 1
        ),
        (
            SELECT greatest(memberships.tx, newest.tx)
            FROM memberships
            LEFT JOIN LATERAL (
                SELECT tx
                FROM routes
                WHERE reader_kind = 'organisation'
                  AND reader_id = memberships.namespace_id::text
                  AND application = input.application
                  AND collection = input.collection
                  AND tx > '0'
                ORDER BY tx DESC
                LIMIT 1
            ) AS newest ON true
            WHERE memberships.user_id = input.reader
            ORDER BY greatest(memberships.tx, newest.tx) DESC
            LIMIT 1
        ),
        CASE WHEN input.everybody THEN (
            SELECT tx
            FROM routes
            WHERE reader_kind = 'everybody'
              AND reader_id = ''
              AND application = input.application
              AND collection = input.collection
              AND tx > '0'
            ORDER BY tx DESC
            LIMIT 1
        ) END
    ) END::text AS newest_route,
    -- Deletions for good of what the reader could see.
    CASE WHEN input.kind = 'personal' THEN ARRAY(
        SELECT tx::text
        FROM reader_resets
        WHERE reader_kind = 'user'
          AND reader_id = input.reader
          AND application = input.application
          AND collection = input.collection
        UNION ALL
        SELECT resets.tx::text
        FROM memberships
        JOIN reader_resets AS resets
            ON resets.reader_kind = 'organisation'
            AND resets.reader_id = memberships.namespace_id::text
        WHERE memberships.user_id = input.reader
          AND resets.application = input.application
          AND resets.collection = input.collection
        UNION ALL
        SELECT tx::text
        FROM reader_resets
        WHERE input.everybody
          AND reader_kind = 'everybody'
          AND reader_id = ''
          AND application = input.application
          AND collection = input.collection
        UNION ALL
        -- An account before, which had the same user id.
        SELECT tx::text
        FROM deleted_accounts
        WHERE subject_hash = sha256(convert_to(input.reader, 'UTF8'))
    ) ELSE '{}' END AS resets,
    page.documents,
    page.count,
    page.last_tx::text AS last_tx,
    page.last_key,
    page.greatest_revision,
    page.count = room.documents AND has_unseen(
        input.namespace_id, input.application, input.collection,
        page.last_tx, page.last_key,
        input.seen_begin, input.seen_own, input.left_out, input.later_than, input.seen_end
    ) AS has_more,
    -- The latest that have so many bytes, and at least those of the last push: a device misses no more with
    -- one answer.
    (
        SELECT json_agg(report ORDER BY push_id)::text
        FROM (
            SELECT
                push_id,
                report,
                sum(octet_length(report::text)) OVER (ORDER BY tx DESC)
                - sum(octet_length(report::text)) OVER (PARTITION BY tx) AS later_bytes
            FROM (
                SELECT push_id, key, node, report, tx
                FROM document_pushes
                WHERE namespace_id = input.namespace_id
                  AND application = input.application
                  AND collection = input.collection
                  AND tx > '0'
                  AND tx >= input.first_unseen
                  AND pusher IS NULL
                UNION ALL
                -- Those of the reader's pushes to documents of others.
                SELECT push_id, key, node, report, tx
                FROM document_pushes
                WHERE input.kind = 'personal'
                  AND pusher = input.reader
                  AND application = input.application
                  AND collection = input.collection
                  AND tx >= input.first_unseen
            ) AS pushes
            WHERE input.wants_reports
              AND NOT pg_visible_in_snapshot(tx, input.seen_begin)
              AND tx IS DISTINCT FROM input.seen_own
              AND tx IS DISTINCT FROM input.own
              AND report IS NOT NULL
              AND (
                node = input.device
                OR (input.ordinal, key, node) IN (
                    SELECT * FROM unnest($24::bigint[], $25::text[], $26::text[])
                )
            )
        ) AS measured
        WHERE later_bytes < $27::bigint
    ) AS reports
FROM state
CROSS JOIN input
CROSS JOIN LATERAL (
    -- How many documents the page has room for: as many as are asked for, where none behind the
    -- cursor is large, and else as many as the bytes allow.
    SELECT
        CASE WHEN input.most_documents * 4096 <= input.most_bytes AND (
            SELECT count(*) = 0
            FROM (
                SELECT
                FROM documents
                WHERE namespace_id = input.namespace_id
                  AND application = input.application
                  AND collection = input.collection
                  AND bytes > 4096
                  AND (tx, key) > (input.position_tx, input.position_key)
                ORDER BY tx, key
                LIMIT 1
            ) AS large
        ) THEN input.most_documents ELSE count_unseen_within(
            input.most_documents, input.most_bytes,
            input.namespace_id, input.application, input.collection,
            input.position_tx, input.position_key,
            input.seen_begin, input.seen_own, input.left_out, input.later_than, input.seen_end
        ) END AS documents
) AS room
CROSS JOIN LATERAL (
    SELECT
        -- In the order of the documents, which an ORDER BY here would only sort again. `right` does not
        -- count the characters of a text, as `substr` does. A revision has nothing to escape.
        string_agg(
            '{"_key":' || to_json(key)::text
            || ',"_rev":"' || revision
            || '","_fieldRevs":' || field_revisions::text
            || CASE
                WHEN deleted THEN ',"_deleted":true}'
                WHEN content = '{}' THEN '}'
                ELSE ',' || right(content::text, -1)
            END,
            ','
        ) FILTER (
            WHERE (input.tombstones OR NOT deleted)
            AND (
                cardinality($21::bigint[]) = 0
                OR (input.ordinal, tx, key) NOT IN (
                    SELECT * FROM unnest($21::bigint[], $22::text[]::xid8[], $23::text[])
                )
            )
        ) AS documents,
        count(*) AS count,
        (array_agg(tx))[count(*)] AS last_tx,
        (array_agg(key))[count(*)] AS last_key,
        max(revision) AS greatest_revision
    FROM (
        SELECT tx, key, revision, field_revisions, content, deleted
        FROM unseen_documents(
            input.namespace_id, input.application, input.collection,
            input.position_tx, input.position_key,
            input.seen_begin, input.seen_own, input.left_out, input.later_than, input.seen_end
        )
        ORDER BY tx, key
        LIMIT room.documents
    ) AS unseen
) AS page
ORDER BY input.ordinal

-- A million documents in one collection, a thousand for each of a thousand users, and a hundred
-- thousand of one more. Users take turns, so that nobody's documents stand together. Behind them,
-- three hundred documents of others are shared with each of two users.
WITH words AS MATERIALIZED (
    SELECT string_to_array(
        'milk bread butter invoice garden holiday meeting report paint window letter doctor school '
        'battery bicycle kitchen library music passport ticket train bridge harbour engine mirror '
        'candle pocket winter summer autumn spring coffee',
        ' '
    ) AS word
), users AS MATERIALIZED (
    INSERT INTO namespaces (kind, owner_id)
    SELECT 'personal', 'user-' || number FROM generate_series(0, 1000) AS number
    RETURNING namespace_id, substr(owner_id, 6)::integer AS number
), drawn AS (
    -- Five bits of it choose one of 32 words.
    SELECT namespace_id, hashint8extended(number * 100003 + key, 1) & 9223372036854775807 AS bits
    FROM generate_series(1, 100000) AS key
    JOIN users ON key <= 1000 OR number = 0
    ORDER BY key, number
)
INSERT INTO documents (
    namespace_id, application, collection, key, version,
    revision, field_revisions, content, deleted, bytes
)
SELECT
    namespace_id, 'todo', 'tasks', to_hex(bits), 1,
    '019b76da80000-000000-server~' || to_hex(bits), '{}',
    jsonb_build_object(
        'title', concat_ws(' ', word[1 + (bits & 31)], word[1 + (bits >> 5 & 31)]),
        'size', (bits >> 10) % 1000,
        'done', bits % 2 = 0,
        'tags', jsonb_build_array(word[1 + (bits >> 20 & 31)], word[1 + (bits >> 25 & 31)]),
        'notes', concat_ws(
            ' ', 'Remember the', word[1 + (bits >> 30 & 31)], 'and the',
            word[1 + (bits >> 35 & 31)], 'before the', word[1 + (bits >> 40 & 31)], 'of',
            word[1 + (bits >> 45 & 31)]
        )
    ),
    false, 250
FROM drawn, words;

WITH shared AS MATERIALIZED (
    SELECT reader.owner_id AS reader_id, documents.namespace_id, documents.key
    FROM namespaces AS reader
    JOIN namespaces AS owner
        ON substr(owner.owner_id, 6)::integer BETWEEN 100 AND 399
    CROSS JOIN LATERAL (
        SELECT namespace_id, key
        FROM documents
        WHERE documents.namespace_id = owner.namespace_id
          AND application = 'todo'
          AND collection = 'tasks'
        ORDER BY key
        LIMIT 1
    ) AS documents
    WHERE reader.owner_id IN ('user-0', 'user-7')
), opened AS (
    INSERT INTO routes (
        reader_kind, reader_id, application, collection, namespace_id, key,
        access, revoked, opened_tx, tx
    )
    SELECT
        'user', reader_id, 'todo', 'tasks', namespace_id, key,
        'read', false, pg_current_xact_id(), pg_current_xact_id()
    FROM shared
)
UPDATE documents
SET has_routes = true
FROM shared
WHERE documents.namespace_id = shared.namespace_id
  AND documents.application = 'todo'
  AND documents.collection = 'tasks'
  AND documents.key = shared.key

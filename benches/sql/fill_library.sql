-- $1 documents in one collection, a thousand for each user, in turns, so that nobody's documents
-- stand together.
WITH words AS MATERIALIZED (
    SELECT string_to_array(
        'milk bread butter invoice garden holiday meeting report paint window letter doctor school '
        'battery bicycle kitchen library music passport ticket train bridge harbour engine mirror '
        'candle pocket winter summer autumn spring coffee',
        ' '
    ) AS word
), users AS MATERIALIZED (
    INSERT INTO syncline.namespaces (kind, owner_id)
    SELECT 'personal', 'library-' || number
    FROM generate_series(1, greatest($1::bigint / 1000, 2)) AS number
    RETURNING namespace_id, substr(owner_id, 9)::bigint AS number
), drawn AS (
    -- Five bits of it choose one of 32 words.
    SELECT namespace_id, hashint8extended(number * 100003 + key, 1) & 9223372036854775807 AS bits
    FROM generate_series(1, 1000) AS key
    CROSS JOIN users
    ORDER BY key, number
)
INSERT INTO syncline.documents (
    namespace_id, application, collection, key, version,
    revision, field_revisions, content, deleted, bytes, tx
)
SELECT
    namespace_id, 'bench', 'library', to_hex(bits), 1,
    '019b76da80000-000000-server~' || to_hex(bits), '{}',
    jsonb_build_object(
        'title', concat_ws(' ', word[1 + (bits & 31)], word[1 + (bits >> 5 & 31)]),
        'size', (bits >> 10) % 1000,
        'tags', jsonb_build_array(word[1 + (bits >> 20 & 31)], word[1 + (bits >> 25 & 31)]),
        'notes', concat_ws(
            ' ', 'Remember the', word[1 + (bits >> 30 & 31)], 'and the',
            word[1 + (bits >> 35 & 31)], 'before the', word[1 + (bits >> 40 & 31)], 'of',
            word[1 + (bits >> 45 & 31)]
        )
    ),
    false, 250, pg_current_xact_id()
FROM drawn, words

SELECT string_agg(
    '{"_key":' || to_json(key)::text || ',"_rev":' || to_json(revision)::text
    || ',' || right(content::text, -1),
    ','
)
FROM (
    SELECT key, revision, content
    FROM baseline.library
    WHERE content -> 'size' = '500'
    ORDER BY key
    LIMIT 50
) AS page;

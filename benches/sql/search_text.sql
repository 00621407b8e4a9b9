SELECT string_agg(
    '{"_key":' || to_json(key)::text || ',"_rev":' || to_json(revision)::text
    || ',' || substr(content::text, 2),
    ','
)
FROM (
    SELECT library.key, library.revision, library.content
    FROM baseline.library
    JOIN syncline.document_terms AS words
        ON words.namespace_id = library.namespace_id
        AND words.application = 'bench'
        AND words.collection = 'library'
        AND words.key = library.key
    WHERE words.terms @@ websearch_to_tsquery('simple', 'milk bread')
    ORDER BY
        ts_rank(words.terms, websearch_to_tsquery('simple', 'milk bread'), 1) DESC, library.key
    LIMIT 50
) AS page;

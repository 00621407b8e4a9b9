SELECT string_agg(
    '{"_key":' || to_json(key)::text || ',"_rev":' || to_json(revision)::text
    || ',' || right(content::text, -1),
    ','
)
FROM (
    SELECT library.key, library.revision, library.content
    FROM baseline.library
    CROSS JOIN LATERAL (
        SELECT terms
        FROM syncline.document_terms
        WHERE document_terms.namespace_id = library.namespace_id
          AND document_terms.application = 'bench'
          AND document_terms.collection = 'library'
          AND document_terms.key = library.key
        LIMIT 1
    ) AS words
    WHERE words.terms @@ websearch_to_tsquery('simple', 'milk bread')
    ORDER BY
        ts_rank(words.terms, websearch_to_tsquery('simple', 'milk bread'), 1) DESC, library.key
    LIMIT 50
) AS page;

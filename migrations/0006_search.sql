-- The words of documents, for text search. See decisions/0010.
--
-- Pushes do not touch this table: it is filled by the searches that need it. A row counts only as
-- long as its revision is the document's and its configuration the application's.

CREATE TABLE document_terms (
    namespace_id  bigint NOT NULL,
    application   text COLLATE "C" NOT NULL,
    collection    text COLLATE "C" NOT NULL,
    key           text COLLATE "C" NOT NULL,
    revision      text COLLATE "C" NOT NULL,
    configuration text COLLATE "C" NOT NULL,
    terms         tsvector NOT NULL,
    PRIMARY KEY (namespace_id, application, collection, key)
);

-- What is purged or deleted for good leaves no words behind, whoever deletes it.
CREATE FUNCTION forget_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM document_terms
    USING gone
    WHERE document_terms.namespace_id = gone.namespace_id
      AND document_terms.application = gone.application
      AND document_terms.collection = gone.collection
      AND document_terms.key = gone.key;
    RETURN NULL;
END
$$;

CREATE TRIGGER documents_terms AFTER DELETE ON documents
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION forget_terms();

-- The words of all texts in a value. Of one that has more than a tsvector holds, those of its first
-- 100,000 characters; if even these are too many, none.
CREATE FUNCTION text_terms(configuration regconfig, content jsonb) RETURNS tsvector
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN to_tsvector(configuration, content);
EXCEPTION WHEN program_limit_exceeded THEN
    BEGIN
        RETURN to_tsvector(configuration, left(
            (
                SELECT string_agg(text #>> '{}', ' ')
                FROM jsonb_path_query(content, 'strict $.** ? (@.type() == "string")') AS text
            ),
            100000
        ));
    EXCEPTION WHEN program_limit_exceeded THEN
        RETURN '';
    END;
END
$$;

-- Every text of a document with its path. Arrays are leaves: the texts in one have its path.
CREATE FUNCTION document_texts(content jsonb) RETURNS TABLE (path text, value text)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE walk (path, value) AS (
        SELECT replace(replace(key, '%', '%25'), '.', '%2E'), value FROM jsonb_each(content)
        UNION ALL
        SELECT child.path, child.value
        FROM walk
        CROSS JOIN LATERAL (
            SELECT walk.path || '.' || replace(replace(key, '%', '%25'), '.', '%2E'), value
            FROM jsonb_each(
                CASE jsonb_typeof(walk.value) WHEN 'object' THEN walk.value ELSE '{}' END
            )
            UNION ALL
            SELECT walk.path, value
            FROM jsonb_array_elements(
                CASE jsonb_typeof(walk.value) WHEN 'array' THEN walk.value ELSE '[]' END
            )
        ) AS child (path, value)
    )
    SELECT path, value #>> '{}' FROM walk WHERE jsonb_typeof(value) = 'string'
$$;

-- Of the texts in which words of the query occur, at most five by their paths: whole if they are
-- short, otherwise the parts around the words. They are HTML: what the text says is escaped, and the words are between <mark> and </mark>. Until then
-- they are between characters for private use, which no text is left with.
CREATE FUNCTION highlights(configuration regconfig, content jsonb, query tsquery) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_object_agg(
        path,
        replace(
            replace(
                replace(replace(replace(snippet, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
                U&'\E000', '<mark>'
            ),
            U&'\E001', '</mark>'
        )
    )
    FROM (
        SELECT DISTINCT ON (path) path, snippet
        FROM document_texts(content)
        CROSS JOIN LATERAL ts_headline(
            configuration,
            translate(left(value, 20000), U&'\E000\E001', ''),
            -- Any of the words, so that a text is marked which has only some of them.
            replace(querytree(query), ' & ', ' | ')::tsquery,
            U&'StartSel=\E000, StopSel=\E001, FragmentDelimiter=" \2026 ", '
                || CASE
                    WHEN length(value) <= 200 THEN 'HighlightAll=true'
                    ELSE 'MaxFragments=2, MaxWords=20, MinWords=5'
                END
        ) AS snippet
        WHERE querytree(query) NOT IN ('', 'T') AND strpos(snippet, U&'\E000') > 0
        ORDER BY path
        LIMIT 5
    ) AS marked
$$;

-- The statements by which a collection is copied as a table: its header, and its rows with a column
-- for each path that leads to a leaf in any document, unless these are more than a table may have.
-- PostgreSQL quotes what comes from documents.
WITH RECURSIVE nodes (keys, value) AS (
    SELECT '{}'::text[], content
    FROM documents
    WHERE namespace_id = $1
      AND application = $2
      AND collection = $3
      AND NOT deleted
    UNION ALL
    SELECT nodes.keys || member.key, member.value
    FROM nodes
    CROSS JOIN LATERAL jsonb_each(
        CASE WHEN jsonb_typeof(nodes.value) = 'object' THEN nodes.value ELSE '{}' END
    ) AS member
), leaves AS (
    SELECT DISTINCT keys
    FROM nodes
    WHERE keys <> '{}'
      AND (jsonb_typeof(value) <> 'object' OR value = '{}')
), counted AS MATERIALIZED (
    SELECT count(*) AS columns FROM leaves
), columns AS (
    SELECT
        (
            SELECT string_agg(replace(replace(key, '%', '%25'), '.', '%2E'), '.' ORDER BY ordinal)
            FROM unnest(keys) WITH ORDINALITY AS part (key, ordinal)
        ) AS path,
        (
            SELECT string_agg(' -> ' || quote_literal(key) || '::text', '' ORDER BY ordinal)
            FROM unnest(keys) WITH ORDINALITY AS part (key, ordinal)
        ) AS steps
    FROM leaves
    WHERE (SELECT counted.columns FROM counted) <= $4::bigint
)
SELECT
    (SELECT counted.columns FROM counted) AS columns,
    'COPY (SELECT ''_key'', ''_rev'''
        || coalesce(string_agg(
            ', export_text(' || quote_literal(path) || ')', '' ORDER BY path COLLATE "C"
        ), '')
        || ') TO STDOUT (FORMAT csv)' AS header,
    'COPY (SELECT export_text(key), revision'
        || coalesce(string_agg(
            ', export_cell(content' || steps || ')', '' ORDER BY path COLLATE "C"
        ), '')
        || ' FROM documents
            WHERE namespace_id = current_setting(''syncline.export_namespace'')::bigint
              AND application = current_setting(''syncline.export_application'')
              AND collection = current_setting(''syncline.export_collection'')
              AND NOT deleted
            ORDER BY key
        ) TO STDOUT (FORMAT csv)' AS rows
FROM columns

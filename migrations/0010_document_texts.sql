-- Documents as texts: on the wire, and in the cells of a table.

-- A document as it goes on the wire.
CREATE FUNCTION document_text(
    key text, revision text, field_revisions json, content jsonb, deleted boolean
) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT '{"_key":' || to_json(key)::text
        || ',"_rev":' || to_json(revision)::text
        || ',"_fieldRevs":' || field_revisions::text
        || CASE
            WHEN deleted THEN ',"_deleted":true}'
            WHEN content = '{}' THEN '}'
            ELSE ',' || substr(content::text, 2)
        END
$$;

-- A text that no spreadsheet runs as a formula.
CREATE FUNCTION export_text(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value ~ '^[-=+@\t\r\n]' THEN '''' || value ELSE value END
$$;

-- A leaf as a cell: a number stays one. Null where a document has no leaf there, or null.
CREATE FUNCTION export_cell(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE jsonb_typeof(value)
        WHEN 'string' THEN export_text(value #>> '{}')
        WHEN 'object' THEN CASE WHEN value = '{}' THEN '{}' END
        WHEN 'null' THEN NULL
        ELSE value::text
    END
$$;

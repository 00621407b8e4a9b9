-- Spreadsheets of Asian languages run a formula that begins with the full-width form of its sign as well.
CREATE OR REPLACE FUNCTION export_text(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value ~ '^[-=+@\uFF1D\uFF0B\uFF0D\uFF20\t\r\n]' THEN '''' || value ELSE value END
$$;

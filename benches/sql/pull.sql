SELECT string_agg(
    '{"_key":' || to_json(key)::text
    || ',"_rev":' || to_json(revision)::text
    || ',"_fieldRevs":' || field_revisions::text
    || ',' || right(content::text, -1),
    ',' ORDER BY number, key
)
FROM baseline.changes
WHERE namespace_id = 0
  AND application = 'bench'
  AND collection = 'large'
  AND number > :seen;

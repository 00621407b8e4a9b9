SELECT string_agg(
    '{"_key":' || to_json(key)::text
    || coalesce(',"_owner":' || to_json(owner_id)::text || ',"_access":"read"', '')
    || ',"_rev":' || to_json(revision)::text
    || ',"_fieldRevs":' || field_revisions::text
    || ',' || right(content::text, -1),
    ','
)
FROM baseline.library;

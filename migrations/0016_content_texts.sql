-- Documents as texts, as in 0010 and 0012, made with less work: `substr` counts every character of a text,
-- where `right` passes over the first one.

CREATE OR REPLACE FUNCTION document_text(
    key text, revision text, field_revisions json, content jsonb, deleted boolean
) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT '{"_key":' || to_json(key)::text
        || ',"_rev":' || to_json(revision)::text
        || ',"_fieldRevs":' || field_revisions::text
        || CASE
            WHEN deleted THEN ',"_deleted":true}'
            WHEN content = '{}' THEN '}'
            ELSE ',' || right(content::text, -1)
        END
$$;

CREATE OR REPLACE FUNCTION document_text(
    key text, owner_id text, access text,
    revision text, field_revisions json, content jsonb, deleted boolean
) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT '{"_key":' || to_json(key)::text
        || coalesce(
            ',"_owner":' || to_json(owner_id)::text || ',"_access":"' || access || '"',
            ''
        )
        || ',"_rev":' || to_json(revision)::text
        || ',"_fieldRevs":' || field_revisions::text
        || CASE
            WHEN deleted THEN ',"_deleted":true}'
            WHEN content = '{}' THEN '}'
            ELSE ',' || right(content::text, -1)
        END
$$;

-- The access entry of a document as it goes into an export. One of which nothing was said is
-- private.
CREATE FUNCTION access_entry_text(
    asked_namespace bigint, owner_id text,
    asked_application text, asked_collection text, asked_key text, created_at timestamptz
) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'docKey', asked_key,
        'userId', owner_id,
        'app', asked_application,
        'collection', asked_collection,
        'visibility', coalesce(entry.visibility, 'private'),
        'orgId', entry.organisation_id,
        'sharedWith', (
            SELECT coalesce(json_agg(json_build_object(
                'userId', shares.user_id, 'app', shares.application, 'access', shares.access
            ) ORDER BY shares.user_id), '[]')
            FROM shares
            WHERE shares.namespace_id = asked_namespace
              AND shares.application = asked_application
              AND shares.collection = asked_collection
              AND shares.key = asked_key
        ),
        'shareToken', CASE WHEN entry.share_token_hash IS NOT NULL THEN 'set' END,
        'createdAt',
        to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'updatedAt',
        to_char(
            coalesce(entry.updated_at, created_at) AT TIME ZONE 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
        )
    )::text
    FROM (SELECT) AS one
    LEFT JOIN access_entries AS entry
        ON entry.namespace_id = asked_namespace
        AND entry.application = asked_application
        AND entry.collection = asked_collection
        AND entry.key = asked_key
$$;

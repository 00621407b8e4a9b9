-- Documents one by one: who reaches which, and how they read.

-- Where a document is, and what a reader may do with it: nothing, if `access` is null. One row,
-- whether or not there is such a document. A reader asks for documents of its own ('personal'), of
-- an organisation ('organisation'), or for those of whomever pulls name as `_owner` ('shared').
CREATE FUNCTION reach(
    reader text, asked_kind text, asked_owner text,
    asked_application text, asked_collection text, asked_key text
) RETURNS TABLE (
    namespace_id bigint,
    -- Set for the documents of others.
    owner_id text,
    access text,
    -- The transaction that opened the way: who has not seen it has not seen the document by it.
    opened_tx xid8
) LANGUAGE sql STABLE AS $$
    SELECT
        space.namespace_id,
        CASE asked_kind WHEN 'shared' THEN asked_owner END,
        CASE asked_kind
            WHEN 'personal' THEN 'write'
            WHEN 'organisation' THEN (
                SELECT 'write'
                FROM memberships
                WHERE memberships.namespace_id = space.namespace_id
                  AND memberships.user_id = reader
                  AND NOT memberships.revoked
            )
            ELSE route.access
        END,
        route.opened_tx
    FROM (
        -- What pulls name as an owner is a user or an organisation.
        SELECT coalesce(
            (
                SELECT namespaces.namespace_id
                FROM namespaces
                WHERE namespaces.kind = CASE asked_kind WHEN 'shared' THEN 'personal' ELSE asked_kind END
                  AND namespaces.owner_id = asked_owner
            ),
            CASE asked_kind WHEN 'shared' THEN (
                SELECT namespaces.namespace_id
                FROM namespaces
                WHERE namespaces.kind = 'organisation'
                  AND namespaces.owner_id = asked_owner
            ) END
        )
    ) AS space (namespace_id)
    LEFT JOIN LATERAL (
        SELECT routes.access, routes.opened_tx
        FROM routes
        WHERE asked_kind = 'shared'
          AND routes.namespace_id = space.namespace_id
          AND routes.application = asked_application
          AND routes.collection = asked_collection
          AND routes.key = asked_key
          AND NOT routes.revoked
          AND (
            (routes.reader_kind = 'user' AND routes.reader_id = reader)
            OR routes.reader_kind = 'everybody'
            OR CASE WHEN routes.reader_kind = 'organisation' THEN EXISTS (
                SELECT
                FROM memberships
                WHERE memberships.namespace_id = routes.reader_id::bigint
                  AND memberships.user_id = reader
                  AND NOT memberships.revoked
            ) END
        )
        ORDER BY routes.access DESC
        LIMIT 1
    ) AS route ON true
$$;

-- A document as it goes on the wire; another's with its owner and what the reader may do with it.
CREATE FUNCTION document_text(
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
            ELSE ',' || substr(content::text, 2)
        END
$$;

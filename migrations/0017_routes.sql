-- Routes, as they are when their document is locked. A statement that waited for a document sees its routes as of
-- before: not those that whoever held it has opened. A function has a snapshot of its own. From the lock on
-- nobody else opens or revokes any until this transaction has ended, since that takes the same lock.

-- By which route the writer reaches a document of another that is locked, and since when.
CREATE FUNCTION find_route(
    locked_namespace bigint, locked_application text, locked_collection text, locked_key text,
    writer text
) RETURNS TABLE (access text, opened_tx xid8) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT access, opened_tx
    FROM routes
    WHERE namespace_id = locked_namespace
      AND application = locked_application
      AND collection = locked_collection
      AND key = locked_key
      AND NOT revoked
      AND (
        (reader_kind = 'user' AND reader_id = writer)
        OR reader_kind = 'everybody'
        OR CASE WHEN reader_kind = 'organisation' THEN EXISTS (
            SELECT
            FROM memberships
            WHERE memberships.namespace_id = routes.reader_id::bigint
              AND memberships.user_id = writer
              AND NOT memberships.revoked
        ) END
    )
    ORDER BY access DESC
    LIMIT 1
    FOR SHARE OF routes;
END
$$;

-- Touches the routes to documents that this transaction has just written, which is how their readers come to hear of
-- it (ADR 0012). Returns whose routes these are.
CREATE FUNCTION touch_routes(
    namespace_ids bigint[], applications text[], collections text[], keys text[]
) RETURNS TABLE (
    application text, collection text, reader_kind text, reader_id text, revoked boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    UPDATE routes
    SET tx = pg_current_xact_id()
    WHERE ctid = ANY (ARRAY(
        SELECT route.place
        FROM unnest(namespace_ids, applications, collections, keys)
            AS written (namespace_id, application, collection, key)
        CROSS JOIN LATERAL (
            SELECT ctid AS place
            FROM routes
            WHERE routes.namespace_id = written.namespace_id
              AND routes.application = written.application
              AND routes.collection = written.collection
              AND routes.key = written.key
            OFFSET 0
        ) AS route
    ))
    RETURNING application, collection, reader_kind, reader_id, revoked;
END
$$;

-- A route that is open no longer stays as it was when it was revoked: its readers have been told, and what becomes
-- of the document later is nothing to them.
CREATE OR REPLACE FUNCTION touch_routes(
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
              AND NOT routes.revoked
            OFFSET 0
        ) AS route
    ))
    RETURNING application, collection, reader_kind, reader_id, revoked;
END
$$;

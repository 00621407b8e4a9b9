-- Touches the routes to documents that this transaction has just written, which is how their readers
-- come to hear of it (ADR 0012). Returns whose routes these are.
--
-- A statement of its own, so that it sees the routes of whoever opened some while the one that wrote waited for
-- the document. None can be opened from then on until this transaction has ended: that takes the same lock.
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

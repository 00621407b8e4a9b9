-- Pushes that were decided on what was read without a lock, and are stored in one statement; and
-- looking whether there is anything to read, which that statement does as well. See decisions/0018.

-- Holds namespaces until the end of the transaction, so that nobody deletes them meanwhile; false if
-- somebody does, or has deleted one. That is asked by a statement of its own, which sees everything
-- that was committed before the locks were given. Whatever else has to be waited for then takes
-- `patience` at most, or as long as the transaction says if there is none.
CREATE FUNCTION hold_namespaces(held bigint[], patience text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF patience IS NOT NULL THEN
        PERFORM set_config('lock_timeout', patience, true);
    END IF;
    IF NOT (SELECT bool_and(pg_try_advisory_xact_lock_shared(id)) FROM unnest(held) AS id) THEN
        RETURN false;
    END IF;
    RETURN cardinality(held) = (
        SELECT count(*) FROM namespaces WHERE namespace_id = ANY (held)
    );
END
$$;

-- Takes back what the statement has stored: something is not as it was when that was decided.
CREATE FUNCTION refuse_push() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'serialization_failure',
        MESSAGE = 'something has changed since this push was decided; it is decided again';
END
$$;

-- For each request, whether there may be anything that its caller has not seen. Most pulls bring
-- nothing, and looking for that costs a small part of reading a page. Written so that the planner
-- makes it part of the statement that calls it.
--
-- What a cursor has not seen has a transaction at or above its first unseen one: all look-ups begin
-- there, at the end of an index. What is found at first sight need not be due: the page tells. OFFSET
-- keeps the planner from reading the routes of all readers into a table of hashes.
CREATE FUNCTION look(
    kinds text[], owners text[], readers text[], applications text[], collections text[],
    everybody boolean[], seen text[], first_unseen text[], seen_own text[], wants_reports boolean[]
) RETURNS TABLE (ordinal bigint, is_member boolean, newest text, has_news boolean)
LANGUAGE sql STABLE AS $$
    SELECT
        asked.ordinal,
        asked.kind = 'personal' OR EXISTS (
            SELECT
            FROM memberships
            WHERE memberships.namespace_id = asked.namespace_id
              AND memberships.user_id = asked.reader
              AND NOT memberships.revoked
        ),
        newest.tx::text,
        newest.tx IS NOT NULL AND EXISTS (
            SELECT
            FROM documents
            WHERE namespace_id = asked.namespace_id
              AND application = asked.application
              AND collection = asked.collection
              AND tx > '0'
              AND tx >= asked.first_unseen
              AND NOT pg_visible_in_snapshot(tx, asked.seen)
              AND tx IS DISTINCT FROM asked.seen_own
        )
        OR asked.wants_reports AND EXISTS (
            SELECT
            FROM document_pushes
            WHERE namespace_id = asked.namespace_id
              AND application = asked.application
              AND collection = asked.collection
              AND tx > '0'
              AND tx >= asked.first_unseen
              AND NOT pg_visible_in_snapshot(tx, asked.seen)
              AND tx IS DISTINCT FROM asked.seen_own
        )
        OR asked.kind = 'personal' AND (
            asked.wants_reports AND EXISTS (
                SELECT
                FROM document_pushes
                WHERE pusher = asked.reader
                  AND application = asked.application
                  AND collection = asked.collection
                  AND tx >= asked.first_unseen
                  AND NOT pg_visible_in_snapshot(tx, asked.seen)
                  AND tx IS DISTINCT FROM asked.seen_own
            )
            OR EXISTS (
                SELECT
                FROM routes
                WHERE reader_kind = 'user'
                  AND reader_id = asked.reader
                  AND application = asked.application
                  AND collection = asked.collection
                  AND routes.tx > '0'
                  AND routes.tx >= asked.first_unseen
                OFFSET 0
            )
            OR EXISTS (
                SELECT
                FROM reader_resets
                WHERE reader_kind = 'user'
                  AND reader_id = asked.reader
                  AND application = asked.application
                  AND collection = asked.collection
                  AND reader_resets.tx >= asked.first_unseen
                OFFSET 0
            )
            OR asked.everybody AND (
                EXISTS (
                    SELECT
                    FROM routes
                    WHERE reader_kind = 'everybody'
                      AND reader_id = ''
                      AND application = asked.application
                      AND collection = asked.collection
                      AND routes.tx > '0'
                      AND routes.tx >= asked.first_unseen
                    OFFSET 0
                )
                OR EXISTS (
                    SELECT
                    FROM reader_resets
                    WHERE reader_kind = 'everybody'
                      AND reader_id = ''
                      AND application = asked.application
                      AND collection = asked.collection
                      AND reader_resets.tx >= asked.first_unseen
                    OFFSET 0
                )
            )
            OR EXISTS (
                SELECT
                FROM memberships
                WHERE memberships.user_id = asked.reader
                  AND (
                    memberships.tx >= asked.first_unseen
                    OR EXISTS (
                        SELECT
                        FROM routes
                        WHERE reader_kind = 'organisation'
                          AND reader_id = memberships.namespace_id::text
                          AND application = asked.application
                          AND collection = asked.collection
                          AND routes.tx > '0'
                          AND routes.tx >= asked.first_unseen
                        OFFSET 0
                    )
                    OR EXISTS (
                        SELECT
                        FROM reader_resets
                        WHERE reader_kind = 'organisation'
                          AND reader_id = memberships.namespace_id::text
                          AND application = asked.application
                          AND collection = asked.collection
                          AND reader_resets.tx >= asked.first_unseen
                        OFFSET 0
                    )
                  )
                OFFSET 0
            )
        )
    FROM (
        SELECT
            given.kind, given.reader, given.application, given.collection, given.everybody,
            given.seen::pg_snapshot AS seen,
            given.first_unseen::xid8 AS first_unseen,
            given.seen_own::xid8 AS seen_own,
            given.wants_reports,
            given.ordinal,
            (
                SELECT namespaces.namespace_id
                FROM namespaces
                WHERE namespaces.kind = given.kind AND namespaces.owner_id = given.owner_id
            ) AS namespace_id
        FROM unnest(
            kinds, owners, readers, applications, collections,
            everybody, seen, first_unseen, seen_own, wants_reports
        ) WITH ORDINALITY AS given (
            kind, owner_id, reader, application, collection,
            everybody, seen, first_unseen, seen_own, wants_reports,
            ordinal
        )
        -- Casts and look-ups are done once for each request.
        OFFSET 0
    ) AS asked
    LEFT JOIN LATERAL (
        SELECT tx
        FROM documents
        WHERE namespace_id = asked.namespace_id
          AND application = asked.application
          AND collection = asked.collection
          AND tx > '0'
          AND tx >= asked.first_unseen
        ORDER BY documents.tx DESC
        LIMIT 1
    ) AS newest ON true
    ORDER BY asked.ordinal
$$;

-- How the database looks now; see 0014. What cannot change as long as a session lasts is read once in
-- it: the system identifier comes from a file.
CREATE OR REPLACE VIEW database_fingerprint AS
    SELECT concat_ws(
        '/',
        coalesce(
            nullif(current_setting('syncline.system_identifier', true), ''),
            set_config(
                'syncline.system_identifier',
                (SELECT system_identifier::text FROM pg_control_system()),
                false
            )
        ),
        CASE
            WHEN current_setting('syncline.standby', true) = 'on' AND pg_is_in_recovery() THEN (
                SELECT split_part(fingerprint, '/', 2)
                FROM incarnations
                WHERE ordinal = (SELECT max(ordinal) FROM incarnations)
            )
            ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
        END,
        coalesce(
            nullif(current_setting('syncline.database', true), ''),
            set_config(
                'syncline.database',
                (SELECT oid::text FROM pg_database WHERE datname = current_database()),
                false
            )
        ),
        'documents'::regclass::oid
    ) AS fingerprint;

-- Whoever signs in again after the end of an account may have the same user id, and devices that have
-- seen what the account before had. They fetch everything anew, as other readers of it do.

-- The transaction that deleted: whose cursor has seen it, has fetched everything since. Of what was
-- deleted before this migration nobody knows, so that its devices do so once more than they have to.
ALTER TABLE deleted_accounts ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE TRIGGER deleted_accounts_transaction BEFORE INSERT OR UPDATE ON deleted_accounts
    FOR EACH ROW WHEN (current_setting('syncline.renewing', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION set_transaction();

-- As in 0015, and whether the reader had an account before: for each request, whether there may be
-- anything that its caller has not seen. Most pulls bring
-- nothing, and looking for that costs a small part of reading a page. Written so that the planner
-- makes it part of the statement that calls it.
--
-- What a cursor has not seen has a transaction at or above its first unseen one: all look-ups begin
-- there, at the end of an index. What is found at first sight need not be due: the page tells. OFFSET
-- keeps the planner from reading the routes of all readers into a table of hashes.
CREATE OR REPLACE FUNCTION look(
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
            OR EXISTS (
                SELECT
                FROM deleted_accounts
                WHERE subject_hash = sha256(convert_to(asked.reader, 'UTF8'))
                  AND deleted_accounts.tx >= asked.first_unseen
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

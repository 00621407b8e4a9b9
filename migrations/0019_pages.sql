-- What bounds a page of changes by its bytes is a running sum, which costs a fifth of the page. Where
-- all documents behind a cursor are small, their number bounds them as well: this index tells.
CREATE INDEX documents_large
    ON documents (namespace_id, application, collection, tx, key) WHERE bytes > 4096;

-- The documents of a collection behind a place, as far as a cursor has not seen them. Written so that
-- the planner makes it part of the statement that calls it.
CREATE FUNCTION unseen_documents(
    in_namespace bigint, in_application text, in_collection text,
    behind_tx xid8, behind_key text,
    seen_begin pg_snapshot, seen_own xid8, left_out xid8, later_than text, seen_end pg_snapshot
) RETURNS SETOF documents
LANGUAGE sql STABLE AS $$
    SELECT *
    FROM documents
    WHERE namespace_id = in_namespace
      AND application = in_application
      AND collection = in_collection
      -- Said of the index as well, which is not used without it.
      AND tx > '0'
      AND (tx, key) > (behind_tx, behind_key)
      AND NOT pg_visible_in_snapshot(tx, seen_begin)
      AND tx IS DISTINCT FROM seen_own
      AND tx IS DISTINCT FROM left_out
      AND (later_than IS NULL OR revision > later_than)
      AND (seen_end IS NULL OR pg_visible_in_snapshot(tx, seen_end))
$$;

-- The two below are seldom needed. In a language that keeps its plans they cost the statement that
-- reads a page nothing until they are; they see what it sees.

-- How many of these documents have no more than so many bytes together; at least one.
CREATE FUNCTION count_unseen_within(
    most_documents bigint, most_bytes bigint,
    in_namespace bigint, in_application text, in_collection text,
    behind_tx xid8, behind_key text,
    seen_begin pg_snapshot, seen_own xid8, left_out xid8, later_than text, seen_end pg_snapshot
) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT greatest(1, count(*))
        FROM (
            SELECT sum(bytes) OVER (ORDER BY tx, key ROWS UNBOUNDED PRECEDING) AS sum
            FROM (
                SELECT tx, key, bytes
                FROM unseen_documents(
                    in_namespace, in_application, in_collection, behind_tx, behind_key,
                    seen_begin, seen_own, left_out, later_than, seen_end
                )
                ORDER BY tx, key
                LIMIT most_documents
            ) AS unseen
        ) AS running
        WHERE sum <= most_bytes
    );
END
$$;

-- Whether there is any.
CREATE FUNCTION has_unseen(
    in_namespace bigint, in_application text, in_collection text,
    behind_tx xid8, behind_key text,
    seen_begin pg_snapshot, seen_own xid8, left_out xid8, later_than text, seen_end pg_snapshot
) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM
    FROM unseen_documents(
        in_namespace, in_application, in_collection, behind_tx, behind_key,
        seen_begin, seen_own, left_out, later_than, seen_end
    )
    -- Said so that the planner takes the first of the index, and not any of the table.
    ORDER BY tx, key
    LIMIT 1;
    RETURN FOUND;
END
$$;

-- For each request, whether there may be anything that its caller has not seen, and whether that is
-- more than it takes, with everything else that an answer without documents needs, in one snapshot.
SELECT
    state.incarnation_id,
    (extract(epoch FROM state.horizon) * 1000)::bigint AS horizon,
    (extract(epoch FROM state.present) * 1000)::bigint AS present,
    pg_current_snapshot()::text AS snapshot,
    pg_snapshot_xmax(pg_current_snapshot())::text AS next_transaction,
    looked.is_member,
    looked.newest,
    looked.has_news,
    -- It only says how to read: documents that were seen count as well.
    looked.has_news AND EXISTS (
        SELECT
        FROM namespaces
        JOIN documents USING (namespace_id)
        WHERE namespaces.kind = ($1::text[])[looked.ordinal]
          AND namespaces.owner_id = ($2::text[])[looked.ordinal]
          AND documents.application = ($4::text[])[looked.ordinal]
          AND documents.collection = ($5::text[])[looked.ordinal]
          AND documents.tx > '0'
          AND documents.tx >= ($8::text[])[looked.ordinal]::xid8
        OFFSET ($11::bigint[])[looked.ordinal]
    ) AS has_much
FROM database_state AS state
CROSS JOIN look(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[],
    $6::boolean[], $7::text[], $8::text[], $9::text[], $10::boolean[]
) AS looked
ORDER BY looked.ordinal

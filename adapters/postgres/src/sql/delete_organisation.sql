-- The organisation, and what the documents of others say of it.
WITH routed AS (
    DELETE FROM routes
    WHERE reader_kind = 'organisation' AND reader_id = $1::bigint::text
), resets AS (
    DELETE FROM reader_resets
    WHERE reader_kind = 'organisation' AND reader_id = $1::bigint::text
), entries AS (
    -- Those with whom they are shared besides see them still.
    UPDATE access_entries
    SET visibility = 'shared', organisation_id = NULL, updated_at = clock_timestamp()
    WHERE organisation_id = (SELECT organisation_id FROM organisations WHERE namespace_id = $1)
)
DELETE FROM organisations
WHERE namespace_id = $1

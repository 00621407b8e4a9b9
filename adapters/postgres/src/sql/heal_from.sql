-- The lowest clock up to which the database has what a device had seen in an earlier life: over all lives
-- that began since that one. A life that began without a document has nothing of it.
--
-- A database that comes back as it was before that life began does not know it. What has begun since
-- the device read something is later for sure, and so is the present life.
WITH seen AS (
    SELECT max(ordinal) AS ordinal
    FROM incarnations
    WHERE incarnation_id = $1
)
SELECT min(coalesce(issued_until, $3)) AS issued_until
FROM incarnations
CROSS JOIN seen
WHERE incarnations.ordinal > seen.ordinal
   OR (
        seen.ordinal IS NULL
        AND (
            began_at > to_timestamp($2::bigint / 1000.0)
            OR incarnations.ordinal = (SELECT max(ordinal) FROM incarnations)
        )
    )

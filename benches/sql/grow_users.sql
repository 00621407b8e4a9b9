-- $1 users, and the one with the large collection.
INSERT INTO syncline.namespaces (kind, owner_id)
SELECT 'personal', coalesce('user-' || nullif(number, 0), 'large')
FROM generate_series(0, $1::bigint) AS number

-- $1 users.
INSERT INTO baseline.namespaces
SELECT number, 'user-' || number FROM generate_series(1, $1::bigint) AS number

-- Begins a life of the database. A clock begins with 13 hexadecimal digits of milliseconds.
INSERT INTO incarnations (fingerprint, issued_until)
SELECT fingerprint, (SELECT max(revision) FROM documents)
FROM database_fingerprint
RETURNING
    ordinal,
    to_char(
        to_timestamp(('x' || lpad(left(issued_until, 13), 16, '0'))::bit(64)::bigint / 1000.0)
            AT TIME ZONE 'UTC',
        'YYYY-MM-DD HH24:MI:SS'
    )

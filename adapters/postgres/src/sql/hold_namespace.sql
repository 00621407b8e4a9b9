-- Whoever deletes the namespace waits until this transaction has ended; see lock_namespace.sql.
SELECT pg_advisory_xact_lock_shared($1::bigint)::text

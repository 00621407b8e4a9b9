-- Whoever pushes into a namespace holds this lock together with others until the push is durable;
-- whoever deletes it holds it alone.
SELECT pg_advisory_xact_lock($1::bigint)::text

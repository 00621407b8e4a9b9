-- Tells every server of this installation what has changed.
SELECT pg_notify(current_schema(), payload)
FROM unnest($1::text[]) AS payload

-- Tells every server what has changed.
SELECT pg_notify('syncline_pokes', payload)
FROM unnest($1::text[]) AS payload

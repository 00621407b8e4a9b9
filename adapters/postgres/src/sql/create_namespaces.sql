INSERT INTO namespaces (kind, owner_id)
SELECT DISTINCT kind, owner_id
FROM unnest($1::text[], $2::text[]) AS input (kind, owner_id)
WHERE kind = 'personal'
ORDER BY owner_id
ON CONFLICT DO NOTHING

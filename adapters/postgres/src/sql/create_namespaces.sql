INSERT INTO namespaces (kind, owner_id)
SELECT DISTINCT 'personal', owner_id
FROM unnest($1::text[]) AS input (owner_id)
ORDER BY owner_id
ON CONFLICT DO NOTHING

SELECT json_build_object(
    'orgId', organisation_id,
    'name', name,
    'createdAt', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
)::text
FROM organisations
WHERE organisation_id = $1

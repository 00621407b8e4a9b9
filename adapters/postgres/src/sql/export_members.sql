SELECT coalesce(json_agg(json_build_object(
    'userId', user_id,
    'role', role,
    'createdAt', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
) ORDER BY user_id), '[]')::text
FROM memberships
WHERE namespace_id = $1
  AND NOT revoked

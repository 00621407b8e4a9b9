SELECT json_build_object(
    'userId', $1,
    'name', (array_agg(name ORDER BY linked_at, provider) FILTER (WHERE name IS NOT NULL))[1],
    'email', (array_agg(email ORDER BY linked_at, provider) FILTER (WHERE email IS NOT NULL))[1],
    'providers', coalesce(json_agg(provider ORDER BY linked_at, provider)
        FILTER (WHERE provider IS NOT NULL), '[]')
)::text
FROM identities
WHERE user_id = $1

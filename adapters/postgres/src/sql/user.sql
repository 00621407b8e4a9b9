-- The name and address are those of the identity linked first that has one.
SELECT
    users.user_id,
    coalesce(array_agg(provider ORDER BY linked_at, provider)
        FILTER (WHERE provider IS NOT NULL), '{}') AS providers,
    (array_agg(name ORDER BY linked_at, provider) FILTER (WHERE name IS NOT NULL))[1] AS name,
    (array_agg(email ORDER BY linked_at, provider) FILTER (WHERE email IS NOT NULL))[1] AS email
FROM users
LEFT JOIN identities USING (user_id)
WHERE users.user_id = $1
GROUP BY users.user_id

SELECT namespace_id
FROM namespaces
WHERE kind = $1 AND owner_id = $2

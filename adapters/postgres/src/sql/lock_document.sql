SELECT documents.namespace_id
FROM documents
JOIN namespaces ON namespaces.namespace_id = documents.namespace_id
WHERE namespaces.kind = $1
  AND namespaces.owner_id = $2
  AND documents.application = $3
  AND documents.collection = $4
  AND documents.key = $5
FOR UPDATE OF documents

-- Everything in a namespace.
WITH versions AS (
    DELETE FROM document_versions WHERE namespace_id = $1
), pushes AS (
    DELETE FROM document_pushes WHERE namespace_id = $1
), namespace AS (
    DELETE FROM namespaces WHERE namespace_id = $1
)
DELETE FROM documents
WHERE namespace_id = $1

-- Everything in a namespace, and every way to it.
WITH routed AS (
    DELETE FROM routes WHERE namespace_id = $1
), shared AS (
    DELETE FROM shares WHERE namespace_id = $1
), entries AS (
    DELETE FROM access_entries WHERE namespace_id = $1
), versions AS (
    DELETE FROM document_versions WHERE namespace_id = $1
), pushes AS (
    DELETE FROM document_pushes WHERE namespace_id = $1
), namespace AS (
    DELETE FROM namespaces WHERE namespace_id = $1
)
DELETE FROM documents
WHERE namespace_id = $1

-- Nothing that is sent changes: the documents keep the transactions that wrote them.
UPDATE documents
SET created_by = NULL
WHERE created_by = $1

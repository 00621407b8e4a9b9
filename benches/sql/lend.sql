-- What a lender has in the collection of things lent, the borrower of the same number may edit.
WITH lent AS MATERIALIZED (
    SELECT namespace_id, key, 'borrower-' || substr(owner_id, 8) AS borrower
    FROM syncline.namespaces
    JOIN syncline.documents USING (namespace_id)
    WHERE kind = 'personal'
      AND owner_id LIKE 'lender-%'
      AND application = 'bench'
      AND collection = 'lent'
), entries AS (
    INSERT INTO syncline.access_entries (namespace_id, application, collection, key, visibility)
    SELECT namespace_id, 'bench', 'lent', key, 'shared' FROM lent
), shares AS (
    INSERT INTO syncline.shares (namespace_id, application, collection, key, user_id, access)
    SELECT namespace_id, 'bench', 'lent', key, borrower, 'write' FROM lent
), routes AS (
    INSERT INTO syncline.routes (
        reader_kind, reader_id, application, collection, namespace_id, key,
        access, revoked, opened_tx, tx
    )
    SELECT
        'user', borrower, 'bench', 'lent', namespace_id, key,
        'write', false, pg_current_xact_id(), pg_current_xact_id()
    FROM lent
)
UPDATE syncline.documents
SET has_routes = true
FROM lent
WHERE documents.namespace_id = lent.namespace_id
  AND documents.application = 'bench'
  AND documents.collection = 'lent'
  AND documents.key = lent.key

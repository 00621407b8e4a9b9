-- What the reader may see, as plain SQL would say it: an own document, or one by a share.
CREATE VIEW baseline.library AS
SELECT documents.namespace_id, key, revision, field_revisions, content, NULL AS owner_id
FROM syncline.documents
WHERE namespace_id = (
        SELECT namespace_id
        FROM syncline.namespaces
        WHERE kind = 'personal' AND owner_id = 'library-1'
    )
  AND application = 'bench'
  AND collection = 'library'
UNION ALL
SELECT
    documents.namespace_id, documents.key, documents.revision, documents.field_revisions,
    documents.content, namespaces.owner_id
FROM syncline.shares
JOIN syncline.documents USING (namespace_id, application, collection, key)
JOIN syncline.namespaces USING (namespace_id)
WHERE shares.user_id = 'library-1'
  AND shares.application = 'bench'
  AND shares.collection = 'library';

\set user random(1, :users)
\set key random(:first_key, :last_key)
SELECT revision
FROM baseline.documents
WHERE namespace_id = :user
  AND application = 'bench'
  AND collection = 'documents'
  AND key = 'document-' || :key;

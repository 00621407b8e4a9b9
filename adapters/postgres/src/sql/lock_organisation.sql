-- Everybody who changes an organisation waits here for whoever does so already.
SELECT namespace_id
FROM organisations
WHERE organisation_id = $1
FOR UPDATE

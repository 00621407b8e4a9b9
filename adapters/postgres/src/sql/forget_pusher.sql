-- What a user pushed to the documents of others: the reports are for nobody any more. By a statement of its
-- own, which sees what was waited for when the ways to them went.
DELETE FROM document_pushes WHERE pusher = $1

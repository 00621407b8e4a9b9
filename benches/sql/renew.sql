-- What a new incarnation does to documents: it lowers what not every snapshot has seen to $1, the last
-- transaction that all have.
UPDATE syncline.documents SET tx = $1::text::xid8 WHERE tx > $1::text::xid8

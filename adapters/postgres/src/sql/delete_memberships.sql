-- A member's push into the namespace holds the membership that lets it: this waits until it has ended,
-- and no other begins.
DELETE FROM memberships
WHERE namespace_id = $1

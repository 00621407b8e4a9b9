-- Whoever has left an organisation is told which documents can no longer be seen, but not of those that nobody
-- there could see before. `opened_tx` does not tell: a route that was revoked and opened again led to its document before.
ALTER TABLE routes ADD COLUMN first_opened_tx xid8 NOT NULL DEFAULT '0';

-- Of those that there are it is not known any more.
ALTER TABLE routes ALTER COLUMN first_opened_tx SET DEFAULT pg_current_xact_id();

-- Who owns the schema: `syncline migrate` runs under it.
CREATE ROLE syncline_owner LOGIN;
-- Who reads and writes in it: `syncline serve` and `syncline purge` run under it.
CREATE ROLE syncline_server LOGIN;

CREATE SCHEMA syncline AUTHORIZATION syncline_owner;
GRANT USAGE ON SCHEMA syncline TO syncline_server;
-- Of every table that a migration will make, and the numbers that are counted for it.
ALTER DEFAULT PRIVILEGES FOR ROLE syncline_owner IN SCHEMA syncline
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO syncline_server;
ALTER DEFAULT PRIVILEGES FOR ROLE syncline_owner IN SCHEMA syncline
    GRANT USAGE ON SEQUENCES TO syncline_server;

-- Organisations and who belongs to them.
--
-- An organisation is a namespace: its row in namespaces has the kind 'organisation' and the
-- organisation's id as owner_id. As there, nothing refers to namespaces with a foreign key.

CREATE TABLE organisations (
    namespace_id    bigint PRIMARY KEY,
    organisation_id text COLLATE "C" NOT NULL UNIQUE DEFAULT gen_random_uuid()::text,
    name            text NOT NULL,
    -- The name without its case, which no other organisation has.
    name_key        text COLLATE "C" NOT NULL CONSTRAINT organisations_name UNIQUE,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A membership is a route to documents. It is kept when it is revoked, so that pulls can tell what
-- is no longer visible.
CREATE TABLE memberships (
    namespace_id bigint NOT NULL,
    user_id      text COLLATE "C" NOT NULL,
    role         text NOT NULL CHECK (role IN ('org-admin', 'member')),
    revoked      boolean NOT NULL DEFAULT false,
    -- The transaction that wrote the row last: what a cursor has or has not seen.
    tx           xid8 NOT NULL,
    -- When the user became a member, for the last time.
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (namespace_id, user_id)
);

CREATE INDEX memberships_by_user ON memberships (user_id);
CREATE INDEX memberships_admins ON memberships (namespace_id)
    WHERE role = 'org-admin' AND NOT revoked;

CREATE TRIGGER memberships_transaction BEFORE INSERT OR UPDATE ON memberships
    FOR EACH ROW WHEN (current_setting('syncline.renewing', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION set_transaction();

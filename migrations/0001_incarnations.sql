-- The lives of this database, and how far back its memory reaches.

-- A restore or a failover begins another life, in which transaction ids mean something else.
CREATE TABLE incarnations (
    incarnation_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ordinal        bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    -- How the database looked when this life began; see the view database_state.
    fingerprint    text NOT NULL,
    -- The greatest clock that had been issued by then.
    issued_until   text COLLATE "C",
    began_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What was superseded or deleted before this instant may be gone.
CREATE TABLE horizon (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    instant timestamptz NOT NULL
);

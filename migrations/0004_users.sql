-- People, those who vouch for them, and sign-ins on their way to a page.

CREATE TABLE users (
    user_id    text COLLATE "C" PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A user has at most one identity of each provider, and an identity one user. Addresses are for
-- people to read: no user is ever found by one.
CREATE TABLE identities (
    provider   text COLLATE "C" NOT NULL,
    subject    text COLLATE "C" NOT NULL,
    user_id    text COLLATE "C" NOT NULL
        CONSTRAINT identities_user REFERENCES users ON DELETE CASCADE,
    name       text,
    email      text,
    linked_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (provider, subject),
    CONSTRAINT identities_one_of_a_provider UNIQUE (user_id, provider)
);

-- A proven identity that waits for the page which asked for it. The code itself is known to that
-- page alone.
CREATE TABLE login_codes (
    code_hash  bytea PRIMARY KEY,
    provider   text COLLATE "C" NOT NULL,
    subject    text COLLATE "C" NOT NULL,
    name       text,
    email      text,
    expires_at timestamptz NOT NULL
);

CREATE INDEX login_codes_by_end ON login_codes (expires_at);

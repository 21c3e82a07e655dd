-- For SQLite and PostgreSQL alike: only TEXT and BIGINT. `sealed` is what names a person, encrypted; the plain columns are what queries need.
-- Times are unix seconds; `changed_at` and `noted_at`, which only put rows in order, are unix microseconds.

CREATE TABLE links (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- waiting (for the person), under_way (must be carried on) or ended
    phase TEXT NOT NULL,
    stage TEXT NOT NULL,
    primary_id TEXT,
    -- provider|user_id
    identity TEXT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX links_by_phase ON links (phase, tenant, expires_at);
CREATE INDEX links_by_pair ON links (tenant, primary_id, identity, stage);

CREATE TABLE account_locks (
    tenant TEXT NOT NULL,
    account TEXT NOT NULL,
    holder TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, account)
);
CREATE INDEX account_locks_by_holder ON account_locks (tenant, holder);

CREATE TABLE decisions (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    noted_at BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX decisions_by_age ON decisions (tenant, noted_at);

CREATE TABLE sign_ins (
    tenant TEXT NOT NULL,
    -- SHA-256 of the OIDC `state`
    state TEXT NOT NULL,
    -- SHA-256 of the session's handle
    session TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (tenant, state)
);
CREATE INDEX sign_ins_by_session ON sign_ins (tenant, session);
CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);

CREATE TABLE sessions (
    -- SHA-256 of the id in the cookie
    id TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL,
    sealed TEXT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

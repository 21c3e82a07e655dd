-- A link names its policy with its settings since this version. Nobody has confirmed one that waits: whoever made it begins again.
DELETE FROM links WHERE phase = 'waiting';

-- What a tenant's team uploads: a version is its component's SHA-256 and never changes. Components are in base64, since they are the same in every database then.
CREATE TABLE policy_versions (
    tenant TEXT NOT NULL,
    -- SHA-256 of the component, in hexadecimal
    digest TEXT NOT NULL,
    -- uploaded, checked, failed or revoked
    state TEXT NOT NULL,
    -- unix microseconds, so that they have an order
    uploaded_at BIGINT NOT NULL,
    -- unix seconds: until then a host is at work on checking it
    claimed_until BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    -- last: SQLite reads the columns before it without going through its megabytes
    component TEXT NOT NULL,
    PRIMARY KEY (tenant, digest)
);
CREATE INDEX policy_versions_by_age ON policy_versions (tenant, uploaded_at);
CREATE INDEX policy_versions_by_state ON policy_versions (state);

-- What decided, one row for each change; the last one does. That a number can be taken once is what makes an activation a compare-and-set.
CREATE TABLE policy_activations (
    tenant TEXT NOT NULL,
    seq BIGINT NOT NULL,
    -- the policy; none where nobody is offered anything
    digest TEXT,
    -- SHA-256 of its settings
    settings TEXT NOT NULL,
    -- unix seconds
    at BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (tenant, seq)
);
CREATE INDEX policy_activations_by_digest ON policy_activations (tenant, digest);

-- What programs and people show to the admin API. The secret itself is nowhere.
CREATE TABLE admin_tokens (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    -- keyed digest of the secret
    mac TEXT NOT NULL,
    -- unix seconds
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT,
    sealed TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX admin_tokens_by_id ON admin_tokens (id);

-- Activations that wait for the word of a second person.
CREATE TABLE policy_proposals (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    -- unix seconds
    at BIGINT NOT NULL,
    -- open, approved or withdrawn
    state TEXT NOT NULL,
    -- the policy
    digest TEXT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- What operating for years needs: due times, the audit trail, messages to others, keys that outlive the encryption key, and how to find a person's rows.

-- Unix seconds; nobody takes a link under way up before. `phase` has a fourth value: attention (neither settled nor carried on without a person).
ALTER TABLE links ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0;
-- Finds what names a person before there is a pair.
ALTER TABLE links ADD COLUMN initiator TEXT;
UPDATE links SET phase = 'attention' WHERE stage = 'needs_attention';
CREATE INDEX links_by_identity ON links (tenant, identity);
CREATE INDEX links_by_initiator ON links (tenant, initiator);
CREATE INDEX links_by_change ON links (tenant, stage, changed_at);

-- The transaction, which is a link's id once there is a link. Rows of before have none.
ALTER TABLE decisions ADD COLUMN link TEXT;
CREATE INDEX decisions_by_link ON decisions (tenant, link);

-- A keyed digest of the account that a session belongs to.
ALTER TABLE sessions ADD COLUMN owner TEXT;
CREATE INDEX sessions_by_owner ON sessions (owner);

-- One chain for each tenant: `mac` covers the one before it. Clear text, since it holds ids and digests only.
CREATE TABLE audit (
    tenant TEXT NOT NULL,
    seq BIGINT NOT NULL,
    noted_at BIGINT NOT NULL,
    entry TEXT NOT NULL,
    mac TEXT NOT NULL,
    PRIMARY KEY (tenant, seq)
);
CREATE TABLE audit_heads (
    tenant TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    noted_at BIGINT NOT NULL,
    -- of the entry `seq`
    last_mac TEXT NOT NULL,
    -- of this row
    mac TEXT NOT NULL
);

CREATE TABLE outbox (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    channel TEXT NOT NULL,
    -- pending, delivered or dead
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    link TEXT NOT NULL,
    -- of the entry in the audit trail that it was added with: the order
    seq BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX outbox_by_turn ON outbox (tenant, channel, state, seq);
CREATE INDEX outbox_by_link ON outbox (tenant, link);
CREATE INDEX outbox_by_age ON outbox (state, changed_at);

-- Keys that were made once and are sealed with the encryption key.
CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    sealed TEXT NOT NULL
);

-- Browsers that a tenant's Action sent here in the middle of a sign-in, until they go back.
CREATE TABLE action_visits (
    tenant TEXT NOT NULL,
    -- SHA-256 of what names it in addresses
    id TEXT NOT NULL,
    -- SHA-256 of the session token that began it: each begins one
    token TEXT NOT NULL,
    -- unix seconds; later than the token's own end, or it could be used again
    expires_at BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX action_visits_by_token ON action_visits (tenant, token);
CREATE INDEX action_visits_by_expiry ON action_visits (expires_at);

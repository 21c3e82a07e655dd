-- SHA-256 of the handle that links are bound to: the session that asked for a link is told from the account's others when those end with it.
ALTER TABLE sessions ADD COLUMN handle TEXT;

-- From here on in unix milliseconds: a lease must not end within the last second of its holder.
UPDATE account_locks SET expires_at = expires_at * 1000;

-- Asked at every sign-in: when an identity was last separated from an account. Without it, all unlinks of the tenant are read.
CREATE INDEX links_by_primary ON links (tenant, primary_id, stage, changed_at);

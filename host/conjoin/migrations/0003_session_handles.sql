-- SHA-256 of the handle that links are bound to: the session that asked for a link is told from the account's others when those end with it.
ALTER TABLE sessions ADD COLUMN handle TEXT;

-- Names that sessions had until a moment ago. A tab that still shows one is told to look again, and is not signed in anew beside the tab that has the new name.
CREATE TABLE renamed_sessions (
    -- SHA-256 of the name
    id TEXT PRIMARY KEY,
    -- unix seconds
    expires_at BIGINT NOT NULL
);

-- What is older than a month goes, of all tenants at once.
CREATE INDEX decisions_by_time ON decisions (noted_at);

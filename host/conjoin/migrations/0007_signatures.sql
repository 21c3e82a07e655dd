-- Who signed a version: detached signatures of its component, as they were uploaded, one by each key. They go with the version.
CREATE TABLE policy_signatures (
    tenant TEXT NOT NULL,
    -- the policy
    digest TEXT NOT NULL,
    -- the key, as minisign calls it
    key_id TEXT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (tenant, digest, key_id),
    FOREIGN KEY (tenant, digest) REFERENCES policy_versions (tenant, digest) ON DELETE CASCADE
);

-- Which host's claim it is that `claimed_until` ends: its end does not tell two apart that were made in one second.
ALTER TABLE policy_versions ADD COLUMN claim TEXT NOT NULL DEFAULT '';

-- Who signed a version: a detached signature of its component, as it was uploaded. A version has one, and goes with it.
CREATE TABLE policy_signatures (
    tenant TEXT NOT NULL,
    -- the policy
    digest TEXT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (tenant, digest),
    FOREIGN KEY (tenant, digest) REFERENCES policy_versions (tenant, digest) ON DELETE CASCADE
);

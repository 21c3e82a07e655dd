-- What policies were asked and answered, for asking another version the same before it decides. Holds both accounts, sealed; for as long as the tenant says.
CREATE TABLE exchanges (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    -- unix microseconds
    noted_at BIGINT NOT NULL,
    -- the transaction, which is a link's id once there is a link
    link TEXT NOT NULL,
    sealed TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX exchanges_by_age ON exchanges (tenant, noted_at);
CREATE INDEX exchanges_by_link ON exchanges (tenant, link);

-- The version of each tenant that is asked the same as the one that decides, and decides nothing.
CREATE TABLE policy_shadows (
    tenant TEXT NOT NULL PRIMARY KEY,
    -- changes with every start, so that one host's figures are not added to another version's
    id TEXT NOT NULL,
    -- the policy
    digest TEXT NOT NULL,
    -- unix seconds
    since BIGINT NOT NULL,
    -- unix seconds; none while it is asked
    stopped_at BIGINT,
    asked BIGINT NOT NULL,
    differed BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    sealed TEXT NOT NULL
);

-- The last report of duplicate accounts of each tenant. Names people, sealed; for a week.
CREATE TABLE duplicate_reports (
    tenant TEXT NOT NULL PRIMARY KEY,
    -- changes with every report, so that one that was given up does not write over another
    id TEXT NOT NULL,
    -- unix seconds
    began_at BIGINT NOT NULL,
    -- unix seconds; none while it is made
    ended_at BIGINT,
    sealed TEXT NOT NULL
);

//! Whose code is in memory, of policies whose code can be had again: thousands of tenants have a policy each, and few of them are used at the same time.

use std::sync::Arc;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::call::Prepared;
use crate::digest::PolicyDigest;
use crate::measured;

/// By digest, so that tenants with one policy share its code. When all together has more bytes than it may, what was called least lately goes; a call that still has it
/// ends with it.
pub(crate) struct Resident(Cache<PolicyDigest, Arc<Prepared>>);

impl Resident {
    pub(crate) fn new(most_bytes: u64) -> Self {
        let weigh = |_: &PolicyDigest, code: &Arc<Prepared>| u32::try_from(code.bytes).unwrap_or(u32::MAX);
        let cache = Cache::builder()
            .max_capacity(most_bytes)
            .weigher(weigh)
            .eviction_policy(EvictionPolicy::lru());
        Self(cache.build())
    }

    /// The code, loaded first where it is not there: once, however many ask.
    pub(crate) fn get<E: Clone + Send + Sync + 'static>(
        &self,
        digest: &PolicyDigest,
        load: impl FnOnce() -> Result<Arc<Prepared>, E>,
    ) -> Result<Arc<Prepared>, E> {
        if let Some(code) = self.0.get(digest) {
            return Ok(code);
        }
        let code = self.0.try_get_with(*digest, load).map_err(Arc::unwrap_or_clone)?;
        measured::code(self.0.weighted_size());
        Ok(code)
    }
}

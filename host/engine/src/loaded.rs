//! Which policies are loaded: one that many tenants use is compiled code once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::digest::PolicyDigest;
use crate::policy::{Policy, WeakPolicy};

/// By digest, for as long as somebody has them.
#[derive(Default)]
pub(crate) struct Loaded(Mutex<HashMap<PolicyDigest, WeakPolicy>>);

impl Loaded {
    pub(crate) fn get(&self, digest: &PolicyDigest) -> Option<Policy> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(digest)?.get()
    }

    pub(crate) fn keep(&self, policy: &Policy) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(*policy.digest(), policy.downgrade());
    }

    /// Forgets one that nobody has any more, unless it was loaded again meanwhile.
    pub(crate) fn forget(&self, digest: &PolicyDigest) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.get(digest).is_some_and(WeakPolicy::is_gone) {
            known.remove(digest);
        }
    }
}

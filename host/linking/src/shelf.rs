//! The policies that are loaded: one is active, some are kept for the links that began with them.

use std::collections::VecDeque;
use std::sync::{PoisonError, RwLock};

use conjoin_engine::Policy;

/// How many older versions stay loaded. Links under way expire within half an hour, so older ones are not asked for.
const KEPT: usize = 8;

/// Swapped while the host runs: a new version counts for the next decision, and a link finishes on the version that it began with.
pub struct Shelf(RwLock<Versions>);

struct Versions {
    active: Policy,
    /// The latest first.
    older: VecDeque<Policy>,
}

impl Shelf {
    /// A shelf with one policy, which is active.
    pub fn new(policy: Policy) -> Self {
        Self(RwLock::new(Versions {
            active: policy,
            older: VecDeque::new(),
        }))
    }

    /// The version that decides from now on.
    pub fn active(&self) -> Policy {
        self.0.read().unwrap_or_else(PoisonError::into_inner).active.clone()
    }

    /// A version by the SHA-256 of its component, if it is still loaded.
    pub fn version(&self, digest: &str) -> Option<Policy> {
        let versions = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all = std::iter::once(&versions.active).chain(&versions.older);
        all.find(|policy| policy.digest().to_string() == digest).cloned()
    }

    /// Makes `policy` the active version. The oldest of too many goes.
    pub fn activate(&self, policy: Policy) {
        let mut versions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Versions { active, older } = &mut *versions;
        older.push_front(std::mem::replace(active, policy));
        older.retain(|kept| kept.digest() != active.digest());
        older.truncate(KEPT);
    }
}

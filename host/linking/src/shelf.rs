//! Policies that are loaded: one is active, some are kept for the links that began with them.

use std::collections::VecDeque;
use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;

use crate::policies::{Activated, Heard, Policies, PolicyReference, PolicyUnavailable};

/// How many older versions stay loaded. Links under way expire within half an hour, so older ones are rarely asked for.
const KEPT: usize = 8;

/// Swapped while the host runs: a new version counts for the next decision, and a link finishes on the version that it began with. By itself it is what decides at a
/// tenant whose policy is fixed by a file.
pub struct Shelf(RwLock<Versions>);

struct Versions {
    active: Option<Activated>,
    /// The latest first.
    older: VecDeque<Activated>,
}

impl Shelf {
    /// A shelf on which nothing is active.
    pub fn empty() -> Self {
        Self(RwLock::new(Versions {
            active: None,
            older: VecDeque::new(),
        }))
    }

    /// A shelf with one policy, which is active.
    pub fn new(activated: Activated) -> Self {
        let shelf = Self::empty();
        shelf.activate(Some(activated));
        shelf
    }

    /// What is loaded under this name.
    pub fn loaded(&self, reference: &PolicyReference) -> Option<Activated> {
        let versions = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all = versions.active.iter().chain(&versions.older);
        all.find(|loaded| loaded.reference() == reference).cloned()
    }

    /// Makes this what decides from now on, or nothing. The oldest of too many goes.
    pub fn activate(&self, activated: Option<Activated>) {
        let mut versions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut versions.active, activated);
        versions.keep(before);
    }

    /// Keeps what was loaded for a link that began with it.
    pub fn keep(&self, activated: Activated) {
        let mut versions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        versions.keep(Some(activated));
    }
}

impl Versions {
    fn keep(&mut self, loaded: Option<Activated>) {
        if let Some(loaded) = loaded {
            self.older.retain(|kept| kept.reference() != loaded.reference());
            self.older.push_front(loaded);
        }
        let active = self.active.as_ref().map(Activated::reference);
        self.older.retain(|kept| Some(kept.reference()) != active);
        self.older.truncate(KEPT);
    }
}

#[async_trait]
impl Policies for Shelf {
    fn active(&self) -> Option<Activated> {
        let versions = self.0.read().unwrap_or_else(PoisonError::into_inner);
        versions.active.clone()
    }

    async fn version(&self, reference: &PolicyReference) -> Result<Activated, PolicyUnavailable> {
        self.loaded(reference).ok_or(PolicyUnavailable::Gone)
    }

    async fn check(&self, _: &PolicyReference) -> Result<(), PolicyUnavailable> {
        Ok(())
    }

    fn shadow(&self) -> Option<Activated> {
        None
    }

    async fn shadow_heard(&self, _: Heard<'_>, _: bool) {}

    fn heard(&self, _: Heard<'_>) {}
}

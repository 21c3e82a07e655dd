//! Loading components without keeping people waiting.

use std::sync::Arc;

use conjoin_engine::{Description, Engine, Policy, PolicyDigest, Rejection, Source};
use tokio::sync::Semaphore;

/// How many components are loaded at once, whoever asks for it: each is megabytes, and the engine compiles one at a time.
const AT_ONCE: usize = 4;

/// Loads components off the threads that serve people, a bounded number at a time. Cheap to clone; all clones share the bound.
#[derive(Clone)]
pub struct Loader {
    engine: Engine,
    turns: Arc<Semaphore>,
}

/// Why a component is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The engine does not run it, or cannot now.
    #[error(transparent)]
    Rejected(Box<Rejection>),
    /// This host stops, or failed.
    #[error("loading stopped: {0}")]
    Stopped(String),
}

impl Loader {
    /// For one engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        Self { engine, turns }
    }

    /// Loads a component, and gives it back.
    ///
    /// # Errors
    /// [`LoadError::Rejected`] with what to do about it.
    pub async fn load(&self, component: Vec<u8>) -> Result<(Policy, Vec<u8>), LoadError> {
        self.load_by(move |engine| (engine.load(&component), component)).await
    }

    /// Loads one that a tenant decides by. Its code goes from memory when others need the room, and is had again from what was compiled or from `source`.
    ///
    /// # Errors
    /// [`LoadError::Rejected`] with what to do about it.
    pub async fn load_to_decide(&self, component: Vec<u8>, source: Source) -> Result<Policy, LoadError> {
        let load = move |engine: &Engine| (engine.load_with_source(&component, source), ());
        self.load_by(load).await.map(|(policy, ())| policy)
    }

    /// The same of one that was loaded before: nothing is loaded before it decides.
    pub fn known(&self, digest: PolicyDigest, description: Description, source: Source) -> Policy {
        self.engine.known(digest, description, source)
    }

    /// Whether it was compiled before, as far as this host knows.
    pub fn keeps(&self, digest: &PolicyDigest) -> bool {
        self.engine.keeps(digest)
    }

    async fn load_by<T: Send + 'static>(
        &self,
        load: impl FnOnce(&Engine) -> (Result<Policy, Rejection>, T) + Send + 'static,
    ) -> Result<(Policy, T), LoadError> {
        let stopped = |error: &dyn std::error::Error| LoadError::Stopped(error.to_string());
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.map_err(|closed| stopped(&closed))?;
        let engine = self.engine.clone();
        // The turn is given back when the work is done, also where nobody waits for it any more.
        let loaded = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            load(&engine)
        });
        let (policy, beside) = loaded.await.map_err(|failed| stopped(&failed))?;
        let policy = policy.map_err(|rejection| LoadError::Rejected(Box::new(rejection)))?;
        Ok((policy, beside))
    }
}

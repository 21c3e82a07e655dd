//! Which compiled code belongs to a component: everything that compiling it, and accepting it, depended on.

use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};

use crate::config::EngineConfig;
use crate::contract::COMPONENT_TYPE;
use crate::digest::PolicyDigest;

/// To be raised when scan, gate or `describe` come to refuse what they accepted: what was accepted before must not come in from the cache.
const CHECKS: u32 = 1;

/// The name under which compiled code is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry([u8; 32]);

impl Entry {
    pub(crate) fn new(component: &PolicyDigest, engine: &wasmtime::Engine, config: &EngineConfig) -> Self {
        let mut digest = Collected(Sha256::new());
        component.as_bytes().hash(&mut digest);
        CHECKS.hash(&mut digest);
        env!("CARGO_PKG_VERSION").hash(&mut digest);
        COMPONENT_TYPE.hash(&mut digest);
        // What the scan accepts depends on these.
        config.max_component_bytes.hash(&mut digest);
        config.max_memory_bytes.hash(&mut digest);
        config.max_table_elements.hash(&mut digest);
        // wasmtime's version, its settings, the processor's features.
        engine.precompile_compatibility_hash().hash(&mut digest);
        Self(digest.0.finalize().into())
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn file_name(&self) -> String {
        format!("{}{}", hex::encode(self.0), super::files::SUFFIX)
    }
}

/// Takes all 256 bits of what is hashed, not the 64 that the trait has in mind.
struct Collected(Sha256);

impl Hasher for Collected {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    /// Nobody asks: the digest is what is wanted.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_belongs_to_one_component_and_one_way_of_compiling() {
        let engine = |config: &EngineConfig| wasmtime::Engine::new(&config.wasmtime()).unwrap();
        let config = EngineConfig::default().slots(1);
        let entry = |component: &[u8], config: &EngineConfig, engine: &wasmtime::Engine| {
            Entry::new(&PolicyDigest::of(component), engine, config)
        };
        let usual = entry(b"a", &config, &engine(&config));
        // How much room there is to run it changes nothing.
        let other_room = config.clone().slots(2);
        assert_eq!(usual, entry(b"a", &other_room, &engine(&other_room)));
        let in_jail = config.clone().on_demand();
        assert_eq!(usual, entry(b"a", &in_jail, &engine(&in_jail)));
        assert_ne!(usual, entry(b"b", &config, &engine(&config)));
        let laxer = config.clone().max_table_elements(30_000);
        assert_ne!(usual, entry(b"a", &laxer, &engine(&laxer)));
        let mut otherwise = config.wasmtime();
        otherwise.consume_fuel(false);
        assert_ne!(usual, entry(b"a", &config, &wasmtime::Engine::new(&otherwise).unwrap()));
    }
}

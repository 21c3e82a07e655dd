//! Which addresses of a message were reached, while others are still tried.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

/// How many messages are remembered. Beyond it, and after a restart, an address can be written to twice; its mail program then shows one of them.
const MESSAGES: usize = 1000;

/// Message ids, each with the addresses that it reached.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<String, HashSet<String>>>);

impl Memory {
    pub fn holds(&self, message: &str, address: &str) -> bool {
        self.with(|messages| messages.get(message).is_some_and(|reached| reached.contains(address)))
    }

    pub fn add(&self, message: &str, address: &str) {
        self.with(|messages| {
            if messages.len() < MESSAGES || messages.contains_key(message) {
                messages
                    .entry(message.to_owned())
                    .or_default()
                    .insert(address.to_owned());
            }
        });
    }

    pub fn forget(&self, message: &str) {
        self.with(|messages| messages.remove(message));
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<String, HashSet<String>>) -> T) -> T {
        // Nothing panics while it is locked, and a set of ids is whole at any moment.
        let mut messages = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        work(&mut messages)
    }
}

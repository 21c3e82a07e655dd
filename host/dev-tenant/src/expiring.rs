//! A bounded map whose entries expire: authorization transactions, codes, sessions, tokens.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Entries of one kind; the oldest gives way when there are more, so that a client in a loop cannot fill the memory.
const CAPACITY: usize = 10_000;

/// Values under random names, for a limited time.
pub struct Expiring<V> {
    lifetime: Duration,
    entries: HashMap<String, (Instant, V)>,
}

impl<V> Expiring<V> {
    /// An empty map whose entries live this long.
    #[must_use]
    pub fn new(lifetime: Duration) -> Self {
        Self {
            lifetime,
            entries: HashMap::new(),
        }
    }

    /// Keeps a value and answers the name under which it is found.
    pub fn insert(&mut self, value: V) -> String {
        let name = random_token();
        let now = Instant::now();
        if self.entries.len() >= CAPACITY {
            self.entries.retain(|_, (expires, _)| *expires > now);
            let oldest = self
                .entries
                .iter()
                .min_by_key(|(_, (expires, _))| *expires)
                .map(|(name, _)| name.clone());
            if let Some(oldest) = oldest.filter(|_| self.entries.len() >= CAPACITY) {
                self.entries.remove(&oldest);
            }
        }
        self.entries.insert(name.clone(), (now + self.lifetime, value));
        name
    }

    /// The value, unless it has expired.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&V> {
        self.entries
            .get(name)
            .filter(|(expires, _)| *expires > Instant::now())
            .map(|(_, value)| value)
    }

    /// The value, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        self.entries
            .get_mut(name)
            .filter(|(expires, _)| *expires > Instant::now())
            .map(|(_, value)| value)
    }

    /// All values that have not expired, in no particular order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        let now = Instant::now();
        let live = self.entries.values().filter(move |(expires, _)| *expires > now);
        live.map(|(_, value)| value)
    }

    /// The same, to change them.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        let now = Instant::now();
        let live = self.entries.values_mut().filter(move |(expires, _)| *expires > now);
        live.map(|(_, value)| value)
    }

    /// Takes out whatever `keep` does not keep.
    pub fn retain(&mut self, mut keep: impl FnMut(&V) -> bool) {
        self.entries.retain(|_, (_, value)| keep(value));
    }

    /// Takes the value out: the second time there is none.
    pub fn take(&mut self, name: &str) -> Option<V> {
        self.entries
            .remove(name)
            .filter(|(expires, _)| *expires > Instant::now())
            .map(|(_, value)| value)
    }
}

/// 256 bits of chance in URL-safe text.
#[must_use]
pub fn random_token() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// 24 hexadecimal digits, as Auth0 names people of its databases.
#[must_use]
pub fn random_id() -> String {
    hex::encode(rand::random::<[u8; 12]>())
}

/// Six digits, as Auth0 mails them to people, and as second factors have them.
#[must_use]
pub fn random_code() -> String {
    format!("{:06}", rand::random_range(0..1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_taken_once() {
        let mut map = Expiring::new(Duration::from_secs(60));
        let name = map.insert(1);
        assert_eq!(
            (map.get(&name).copied(), map.take(&name), map.take(&name)),
            (Some(1), Some(1), None)
        );
    }

    #[test]
    fn an_expired_entry_is_not_found() {
        let mut map = Expiring::new(Duration::ZERO);
        let name = map.insert(1);
        assert_eq!((map.get(&name).copied(), map.take(&name)), (None, None));
    }

    #[test]
    fn the_number_of_entries_is_bounded() {
        let mut map = Expiring::new(Duration::from_secs(60));
        let first = map.insert(0);
        for number in 0..CAPACITY {
            map.insert(number);
        }
        assert!(map.entries.len() <= CAPACITY);
        assert_eq!(map.get(&first), None);
    }
}

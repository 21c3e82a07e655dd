//! Whose upload is checked next: however many a tenant uploads, another one's waits for one of them and no more.

use std::collections::BTreeMap;
use std::time::Instant;

use conjoin_linking::tenant::TenantName;

/// The turns that tenants had on this host since it started. Each host takes turns by itself: together they are as fair.
#[derive(Default)]
pub(super) struct Turns {
    /// Whoever had the last turn is last; who never had one is not in it.
    had: Vec<TenantName>,
    /// Who is left alone until when.
    resting: BTreeMap<TenantName, Instant>,
}

impl Turns {
    /// Of what waits, that of the tenant whose last turn was longest ago; of several who never had one, the first. None while all of them rest.
    pub(super) fn next<'a, T>(&mut self, waiting: &'a [(TenantName, T)], now: Instant) -> Option<&'a (TenantName, T)> {
        self.resting.retain(|_, until| now < *until);
        let may = waiting.iter().filter(|(tenant, _)| !self.resting.contains_key(tenant));
        may.min_by_key(|(tenant, _)| self.had.iter().position(|had| had == tenant))
    }

    /// Notes that this tenant had its turn.
    pub(super) fn had(&mut self, tenant: &TenantName) {
        self.had.retain(|had| had != tenant);
        self.had.push(tenant.clone());
    }

    /// Leaves this tenant alone until then.
    pub(super) fn rest(&mut self, tenant: &TenantName, until: Instant) {
        self.resting.insert(tenant.clone(), until);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn waiting(names: &[&str]) -> Vec<(TenantName, ())> {
        names.iter().map(|name| (TenantName((*name).to_owned()), ())).collect()
    }

    /// Who has their turn, of those who wait.
    fn turn(turns: &mut Turns, names: &[&str]) -> Option<String> {
        let waiting = waiting(names);
        let (tenant, ()) = turns.next(&waiting, Instant::now())?;
        turns.had(tenant);
        Some(tenant.0.clone())
    }

    #[test]
    fn who_had_no_turn_for_longest_is_next() {
        let mut turns = Turns::default();
        let all = ["a", "b", "c"];
        let had: Vec<_> = (0..4).filter_map(|_| turn(&mut turns, &all)).collect();
        assert_eq!(had, ["a", "b", "c", "a"]);
        assert_eq!(turn(&mut turns, &["a"]).as_deref(), Some("a"), "nobody else waits");
        assert_eq!(turn(&mut turns, &["a", "d"]).as_deref(), Some("d"), "a newcomer");
        assert_eq!(turn(&mut turns, &all).as_deref(), Some("b"));
    }

    #[test]
    fn who_rests_keeps_nobody_from_a_turn() {
        let (mut turns, now) = (Turns::default(), Instant::now());
        turns.rest(&TenantName("a".to_owned()), now + Duration::from_secs(60));
        assert_eq!(turn(&mut turns, &["a", "b"]).as_deref(), Some("b"));
        assert_eq!(turn(&mut turns, &["a"]), None);
        let alone = waiting(&["a"]);
        assert!(turns.next(&alone, now + Duration::from_secs(60)).is_some());
    }
}

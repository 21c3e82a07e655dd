//! Whose upload is checked next: however many a tenant uploads, another one's waits for one of them and no more.

use conjoin_linking::tenant::TenantName;

/// The turns that tenants had on this host since it started. Each host takes turns by itself: together they are as fair.
#[derive(Default)]
pub(super) struct Turns {
    /// Whoever had the last turn is last; who never had one is not in it.
    had: Vec<TenantName>,
}

impl Turns {
    /// Of what waits, that of the tenant whose last turn was longest ago; of several who never had one, the first.
    pub(super) fn next<'a, T>(&self, waiting: &'a [(TenantName, T)]) -> Option<&'a (TenantName, T)> {
        let longest_ago = |(tenant, _): &&(TenantName, T)| self.had.iter().position(|had| had == tenant);
        waiting.iter().min_by_key(longest_ago)
    }

    /// Notes that this tenant had its turn.
    pub(super) fn had(&mut self, tenant: &TenantName) {
        self.had.retain(|had| had != tenant);
        self.had.push(tenant.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(names: &[&str]) -> Vec<(TenantName, ())> {
        names.iter().map(|name| (TenantName((*name).to_owned()), ())).collect()
    }

    /// Who has their turn, of those who wait.
    fn turn(turns: &mut Turns, names: &[&str]) -> Option<String> {
        let waiting = waiting(names);
        let (tenant, ()) = turns.next(&waiting)?;
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
}

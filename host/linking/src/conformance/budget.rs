//! What is left of the whole set's time and fuel.

use std::time::{Duration, Instant};

use conjoin_engine::{Ending, Limits};

use super::{FUEL_CALLS, MAX_WALL};

/// The shortest deadline that [`Limits`] take.
const SHORTEST: Duration = Duration::from_millis(10);

pub(super) struct Budget {
    ends: Instant,
    fuel: u64,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            ends: Instant::now() + MAX_WALL,
            fuel: limits.fuel().saturating_mul(FUEL_CALLS),
        }
    }

    /// The limits of the next call: its own, or what is left. None when nothing is.
    pub(super) fn next(&self, own: &Limits) -> Option<Limits> {
        let left = self.ends.saturating_duration_since(Instant::now());
        if self.fuel == 0 || left < SHORTEST {
            return None;
        }
        let limits = Limits::builder()
            .fuel(own.fuel().min(self.fuel))
            .deadline(own.deadline().min(left))
            .memory_bytes(own.memory_bytes())
            .table_elements(own.table_elements())
            .output_bytes(own.output_bytes())
            .log_bytes(own.log_bytes());
        limits.build().ok()
    }

    /// Of a call that trapped the fuel is not known; then only the time counts.
    pub(super) fn spend(&mut self, fuel: Option<u64>) {
        self.fuel = self.fuel.saturating_sub(fuel.unwrap_or_default());
    }

    /// Whether a call ended because the set, not the call, had no more.
    pub(super) fn ended(own: &Limits, given: &Limits, ending: &Ending) -> bool {
        match ending {
            Ending::BudgetExceeded => given.fuel() < own.fuel(),
            Ending::DeadlineExceeded => given.deadline() < own.deadline(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_gets_its_own_limits_until_less_is_left() {
        let own = Limits::builder().fuel(1_000).build().unwrap();
        let mut budget = Budget::new(&own);
        assert_eq!(budget.next(&own), Some(own.clone()));
        budget.spend(Some(19_400));
        let last = budget.next(&own).unwrap();
        assert_eq!(last.fuel(), 600);
        assert!(Budget::ended(&own, &last, &Ending::BudgetExceeded));
        assert!(!Budget::ended(&own, &own, &Ending::BudgetExceeded));
        budget.spend(Some(600));
        assert_eq!(budget.next(&own), None);
    }

    #[test]
    fn nothing_is_given_once_the_time_is_over() {
        let own = Limits::default();
        let mut budget = Budget::new(&own);
        budget.ends = Instant::now();
        assert_eq!(budget.next(&own), None);
    }
}

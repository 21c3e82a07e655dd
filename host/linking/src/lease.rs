//! What a host holds while it works on two accounts, and knows to have lost.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

/// The time until which the locks of a piece of work are certainly ours, by this host's own clock. A host that was stopped and goes on later finds it over
/// and writes nothing more: by then another one may be at work.
#[derive(Debug)]
pub struct Lease {
    until: Mutex<Instant>,
    length: Duration,
}

/// The locks are no longer certainly ours. Nothing is wrong: whoever has them carries the work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost;

impl Lease {
    /// A lease that was asked for at `asked` and is granted for `length`. It is counted from the asking: the database cannot have begun it earlier.
    pub fn new(asked: Instant, length: Duration) -> Self {
        Self {
            until: Mutex::new(asked + length),
            length,
        }
    }

    /// Notes that it was renewed by a request made at `asked`.
    pub fn renewed(&self, asked: Instant) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = asked + self.length;
    }

    /// Must be asked before every write to the tenant.
    ///
    /// # Errors
    /// [`Lost`] when it is over.
    pub fn check(&self) -> Result<(), Lost> {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if Instant::now() < until { Ok(()) } else { Err(Lost) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_by_itself_and_a_renewal_counts_from_when_it_was_asked_for() {
        let now = Instant::now();
        let lease = Lease::new(now, Duration::from_secs(60));
        assert_eq!(lease.check(), Ok(()));
        lease.renewed(now.checked_sub(Duration::from_secs(61)).unwrap_or(now));
        assert_eq!(lease.check(), Err(Lost));
    }
}

//! What a host holds while it works on two accounts, and knows to have lost.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// The time until which the locks of a piece of work are certainly ours, by this host's own clocks. A host that was stopped and goes on later finds it over
/// and writes nothing more: by then another one may be at work.
#[derive(Debug)]
pub struct Lease {
    asked: Mutex<Asked>,
    length: Duration,
}

/// One moment by two clocks: the one stands still while a virtual machine or a laptop sleeps, and the other can be set back.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    monotonic: Instant,
    wall: SystemTime,
}

/// The locks are no longer certainly ours. Nothing is wrong: whoever has them carries the work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost;

impl Asked {
    /// This moment.
    pub fn now() -> Self {
        Self {
            monotonic: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    /// Whether less than `length` has passed since, by either clock.
    fn is_within(&self, length: Duration) -> bool {
        // A wall clock that was set back says nothing.
        let wall = self.wall.elapsed().unwrap_or_default();
        self.monotonic.elapsed() < length && wall < length
    }
}

impl Lease {
    /// A lease that was asked for at `asked` and is granted for `length`. It is counted from the asking: the database cannot have begun it earlier.
    pub fn new(asked: Asked, length: Duration) -> Self {
        Self {
            asked: Mutex::new(asked),
            length,
        }
    }

    /// Notes that it was renewed by a request made at `asked`.
    pub fn renewed(&self, asked: Asked) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = asked;
    }

    /// Must be asked before every write to the tenant.
    ///
    /// # Errors
    /// [`Lost`] when it is over.
    pub fn check(&self) -> Result<(), Lost> {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.is_within(self.length) {
            Ok(())
        } else {
            Err(Lost)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(60);

    fn earlier(by: Duration) -> Asked {
        let now = Asked::now();
        Asked {
            monotonic: now.monotonic.checked_sub(by).unwrap_or(now.monotonic),
            wall: now.wall.checked_sub(by).unwrap_or(now.wall),
        }
    }

    #[test]
    fn a_lease_ends_by_itself_and_a_renewal_counts_from_when_it_was_asked_for() {
        let lease = Lease::new(Asked::now(), LENGTH);
        assert_eq!(lease.check(), Ok(()));
        lease.renewed(earlier(LENGTH));
        assert_eq!(lease.check(), Err(Lost));
    }

    #[test]
    fn a_clock_that_stood_still_while_the_machine_slept_does_not_prolong_it() {
        let asleep = Asked {
            monotonic: Instant::now(),
            ..earlier(LENGTH)
        };
        assert_eq!(Lease::new(asleep, LENGTH).check(), Err(Lost));
    }
}

//! How often the endpoint answers.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// A second, of all askers together: more than a support desk or a consumer needs, too few to read all accounts unnoticed.
const PER_SECOND: u32 = 20;

/// Counts what came in the present second.
#[derive(Default)]
pub(super) struct Limit(Mutex<Option<(Instant, u32)>>);

impl Limit {
    pub fn admits(&self) -> bool {
        self.admits_at(Instant::now())
    }

    fn admits_at(&self, now: Instant) -> bool {
        let mut window = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match window
            .as_mut()
            .filter(|(since, _)| now - *since < Duration::from_secs(1))
        {
            Some((_, count)) => {
                *count = count.saturating_add(1);
                *count <= PER_SECOND
            }
            None => {
                *window = Some((now, 1));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_limit_waits_for_the_next_second() {
        let (limit, now) = (Limit::default(), Instant::now());
        assert_eq!((0..100).filter(|_| limit.admits_at(now)).count(), 20);
        assert!(limit.admits_at(now + Duration::from_secs(1)));
    }
}

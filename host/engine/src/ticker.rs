//! The thread that advances the engine's epoch, by which deadlines are kept.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::slots::Slots;

/// How often deadlines are checked.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Starts the thread. It sleeps while no call runs and ends with the engine.
///
/// A thread of its own, not a timer of some runtime: a runtime whose workers are all busy with policies could never interrupt them.
pub(crate) fn start(engine: &wasmtime::Engine, slots: Arc<Slots>) -> std::io::Result<()> {
    let engine = engine.weak();
    let tick = move || {
        while slots.wait_until_busy() {
            thread::sleep(TICK);
            // One step a wake, however late it comes: catching up would end healthy calls in a burst.
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
        }
    };
    thread::Builder::new()
        .name("policy-epochs".to_owned())
        .spawn(tick)
        .map(drop)
}

/// The number of epochs that covers a duration.
pub(crate) fn epochs(duration: Duration) -> u64 {
    let whole = duration.as_millis().div_ceil(TICK.as_millis());
    // One more: the current epoch is already part gone.
    u64::try_from(whole).unwrap_or(u64::MAX - 1).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_never_shorter_than_asked_for() {
        assert_eq!(epochs(Duration::from_millis(1)), 2);
        assert_eq!(epochs(Duration::from_millis(20)), 3);
        assert_eq!(epochs(Duration::ZERO), 1);
    }
}

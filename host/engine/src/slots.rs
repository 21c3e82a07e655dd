//! How many calls run at once: a counting gate with a timeout, and the signal that wakes the epoch ticker.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::measured;

/// The engine's places. The pool behind them has exactly as many, so a call that holds a place never finds the pool empty.
#[derive(Debug)]
pub(crate) struct Slots {
    state: Mutex<State>,
    freed: Condvar,
    busy: Condvar,
}

#[derive(Debug)]
struct State {
    free: u32,
    in_use: u32,
    waiting: u32,
    closed: bool,
}

/// One place, given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot<'a>(&'a Slots);

impl Slots {
    pub(crate) fn new(count: u32) -> Self {
        let state = State {
            free: count,
            in_use: 0,
            waiting: 0,
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            freed: Condvar::new(),
            busy: Condvar::new(),
        }
    }

    /// Waits for a place; none when `timeout` passes first.
    pub(crate) fn acquire(&self, timeout: Duration) -> Option<Slot<'_>> {
        let deadline = Instant::now() + timeout;
        let mut state = self.lock();
        if state.free == 0 {
            state.waiting += 1;
            state.measure();
            state = self.wait_until_free(state, deadline);
            state.waiting -= 1;
            if state.free == 0 {
                state.measure();
                return None;
            }
        }
        state.free -= 1;
        state.in_use += 1;
        state.measure();
        self.busy.notify_all();
        Some(Slot(self))
    }

    /// Until a place is free, or `deadline` is over.
    fn wait_until_free<'a>(&self, mut state: MutexGuard<'a, State>, deadline: Instant) -> MutexGuard<'a, State> {
        while state.free == 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.freed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    /// Returns at once while a call runs, sleeps while none does. False once the engine is gone.
    pub(crate) fn wait_until_busy(&self) -> bool {
        let mut state = self.lock();
        while state.in_use == 0 && !state.closed {
            state = self.busy.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        !state.closed
    }

    /// Ends the ticker.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.busy.notify_all();
    }

    /// Nothing here can panic while it holds the lock; a poisoned one is still consistent.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// While it is locked, so that what is measured last is what is.
    fn measure(&self) {
        measured::slots(self.in_use, self.waiting);
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.free += 1;
        state.in_use -= 1;
        state.measure();
        drop(state);
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_out_as_many_places_as_there_are() {
        let slots = Slots::new(1);
        let held = slots.acquire(Duration::ZERO).unwrap();
        assert!(slots.acquire(Duration::from_millis(1)).is_none());
        drop(held);
        assert!(slots.acquire(Duration::ZERO).is_some());
    }

    #[test]
    fn a_waiting_call_gets_the_place_that_is_given_back() {
        let slots = Slots::new(1);
        std::thread::scope(|scope| {
            let held = slots.acquire(Duration::ZERO).unwrap();
            let waiting = scope.spawn(|| slots.acquire(Duration::from_secs(60)).is_some());
            drop(held);
            assert!(waiting.join().unwrap());
        });
    }

    #[test]
    fn closing_ends_the_wait_for_work() {
        let slots = Slots::new(1);
        slots.close();
        assert!(!slots.wait_until_busy());
    }
}

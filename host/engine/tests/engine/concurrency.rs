//! Many callers, few slots.

use std::thread;
use std::time::Duration;

use conjoin_engine::{Engine, EngineConfig, EngineError, Limits};

use crate::built;
use crate::samples::{assert_healthy, event, hostile, merge, provoke};

#[test]
fn more_callers_than_slots_wait_their_turn() {
    let engine = Engine::new(EngineConfig::default().slots(2)).unwrap();
    let policy = engine.load(built::hostile()).unwrap();
    let limits = Limits::builder().deadline(Duration::from_secs(60)).build().unwrap();
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let plan = merge(&policy, &event(r#"{"do":"echo-count"}"#), &limits)
                        .outcome
                        .unwrap();
                    assert_eq!(plan.discard_user_metadata, ["1"]);
                }
            });
        }
    });
}

#[test]
fn a_caller_that_gets_no_slot_ends_at_its_deadline_and_blames_no_policy() {
    let engine = Engine::new(EngineConfig::default().slots(1)).unwrap();
    let policy = engine.load(built::hostile()).unwrap();
    let long = Limits::builder()
        .fuel(1_000_000_000_000)
        .deadline(Duration::from_secs(2))
        .build()
        .unwrap();
    let short = Limits::builder().deadline(Duration::from_millis(10)).build().unwrap();
    thread::scope(|scope| {
        let busy = scope.spawn(|| merge(&policy, &event(r#"{"do":"loop"}"#), &long).outcome);
        // Whichever comes first takes the slot; once the loop has it, the short call cannot get in.
        let refused =
            std::iter::repeat_with(|| merge(&policy, &event("{}"), &short)).take_while(|_| !busy.is_finished());
        let refused = refused.filter(|it| it.outcome.as_ref().is_err_and(|ending| ending.code() == "internal"));
        let refused = refused.last().expect("it waited for the slot in vain");
        assert_eq!(refused.usage.peak_memory_bytes, 0);
        assert_eq!(busy.join().unwrap().unwrap_err().code(), "deadline-exceeded");
    });
    merge(&policy, &event("{}"), &short).outcome.unwrap();
}

#[test]
fn s35_hostile_calls_do_not_disturb_healthy_ones_beside_them() {
    let limits = Limits::builder()
        .fuel(50_000_000)
        .deadline(Duration::from_secs(60))
        .build()
        .unwrap();
    thread::scope(|scope| {
        for behaviour in ["loop", "memory", "trap", "huge-answer"] {
            let limits = &limits;
            scope.spawn(move || (0..5).for_each(|_| assert!(provoke(behaviour, limits).outcome.is_err())));
        }
        for _ in 0..50 {
            assert_healthy();
        }
    });
}

#[test]
fn a_policy_outlives_the_handle_of_its_engine() {
    let policy = Engine::new(EngineConfig::default().slots(1))
        .unwrap()
        .load(built::hostile())
        .unwrap();
    merge(&policy, &event("{}"), &Limits::default()).outcome.unwrap();
    assert_ne!(format!("{policy:?}"), String::new());
    assert_eq!(policy.digest(), hostile().digest());
}

#[test]
fn an_engine_without_slots_is_refused() {
    let refused = Engine::new(EngineConfig::default().slots(0)).unwrap_err();
    assert!(matches!(refused, EngineError::Setting { setting: "slots", .. }));
}

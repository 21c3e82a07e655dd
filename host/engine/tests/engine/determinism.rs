//! The same input gives the same answer for the same fuel, and nothing is left of the call before.

use conjoin_engine::{Engine, EngineConfig, Limits};

use crate::samples::{event, hostile, merge, provoke};

fn seen(behaviour: &str) -> Vec<String> {
    provoke(behaviour, &Limits::default())
        .outcome
        .unwrap()
        .discard_user_metadata
}

#[test]
fn a38_every_call_is_a_fresh_instance() {
    for _ in 0..5 {
        assert_eq!(seen("echo-count"), ["1"]);
    }
}

#[test]
fn a38_the_clock_is_the_events_and_stands_still() {
    assert_eq!(seen("echo-clock"), ["1795342830", "0"]);
}

#[test]
fn a38_chance_is_the_events_seed() {
    let first = seen("echo-chance");
    assert_eq!(first, seen("echo-chance"));
    let mut other = event(r#"{"do":"echo-chance"}"#);
    other.seed = "ff".repeat(16);
    let second = merge(hostile(), &other, &Limits::default())
        .outcome
        .unwrap()
        .discard_user_metadata;
    assert_ne!(first, second);
}

#[test]
fn a38_there_are_no_arguments_and_no_environment() {
    assert_eq!(seen("echo-system"), ["0", "0"]);
}

#[test]
fn the_same_input_costs_the_same_fuel_in_any_engine() {
    let bytes = crate::built::hostile();
    let other = Engine::new(EngineConfig::default().slots(1))
        .unwrap()
        .load(bytes)
        .unwrap();
    let input = event(r#"{"do":"echo-chance"}"#);
    let first = merge(hostile(), &input, &Limits::default());
    assert!(first.usage.fuel.is_some_and(|fuel| fuel > 1_000));
    for policy in [hostile(), &other, &other] {
        let again = merge(policy, &input, &Limits::default());
        assert_eq!((&again.outcome, again.usage.fuel), (&first.outcome, first.usage.fuel));
    }
    assert_eq!(other.digest(), hostile().digest());
}

#[test]
fn endings_come_at_the_same_fuel_too() {
    let spent = |fuel: u64| {
        let limits = Limits::builder().fuel(fuel).build().unwrap();
        provoke("echo-chance", &limits).outcome
    };
    let needed = provoke("echo-chance", &Limits::default()).usage.fuel.unwrap();
    spent(needed + 1).unwrap();
    for fuel in [needed, needed - 1, needed / 2] {
        assert_eq!(spent(fuel).unwrap_err().code(), "budget-exceeded");
    }
}

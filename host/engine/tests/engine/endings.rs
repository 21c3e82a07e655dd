//! Each way to end, by what a Rust guest really does, and that the next call is none the worse.

use std::time::Duration;

use conjoin_engine::{Decision, Ending, Limits, LogLevel, Plan};

use crate::samples::{assert_healthy, provoke};

/// Enough fuel for any of these, little enough that a loop ends soon.
fn limits() -> Limits {
    Limits::builder().fuel(200_000_000).build().unwrap()
}

fn end(behaviour: &str) -> Ending {
    let ending = provoke(behaviour, &limits()).outcome.unwrap_err();
    assert_healthy();
    ending
}

fn messages(decision: &Decision<Plan>) -> Vec<(LogLevel, &str)> {
    decision
        .log
        .entries
        .iter()
        .map(|entry| (entry.level, entry.message.as_str()))
        .collect()
}

#[test]
fn s35_an_endless_loop_spends_its_fuel() {
    let decision = provoke("loop", &limits());
    assert_eq!(decision.outcome, Err(Ending::BudgetExceeded));
    assert_eq!(decision.usage.fuel, Some(200_000_000));
    assert_healthy();
}

#[test]
fn s35_a_loop_with_fuel_to_spare_meets_the_deadline() {
    let limits = Limits::builder()
        .fuel(1_000_000_000_000)
        .deadline(Duration::from_millis(50))
        .build()
        .unwrap();
    let decision = provoke("loop", &limits);
    let ending = decision.outcome.unwrap_err();
    assert_eq!(ending, Ending::DeadlineExceeded);
    assert!(!ending.replayable());
    assert_eq!(decision.usage.fuel, None);
    assert_healthy();
}

#[test]
fn s35_waiting_by_asking_the_clock_again_and_again_spends_fuel_since_the_clock_stands_still() {
    assert_eq!(end("busy-wait"), Ending::BudgetExceeded);
}

#[test]
fn s35_memory_past_its_limit() {
    let limits = Limits::builder().memory_bytes(8 << 20).build().unwrap();
    let decision = provoke("memory", &limits);
    assert_eq!(decision.outcome, Err(Ending::MemoryExceeded));
    assert!((4 << 20..=8 << 20).contains(&decision.usage.peak_memory_bytes));
    assert_healthy();
}

#[test]
fn s35_deep_recursion_traps() {
    assert_eq!(end("recursion").code(), "trapped");
}

#[test]
fn s35_traps_and_panics_trap() {
    assert_eq!(end("trap").code(), "trapped");
    let decision = provoke("panic", &limits());
    assert_eq!(decision.outcome.as_ref().unwrap_err().code(), "trapped");
    let log = messages(&decision);
    assert!(
        log.iter()
            .any(|(level, text)| *level == LogLevel::Warn && text.contains("so be it")),
        "{log:?}"
    );
}

#[test]
fn s35_an_answer_of_50_megabytes_is_too_large() {
    assert_eq!(end("huge-answer"), Ending::OutputTooLarge);
}

#[test]
fn the_output_limit_is_the_callers() {
    let answer = |output_bytes| {
        let limits = Limits::builder().output_bytes(output_bytes).build().unwrap();
        crate::samples::merge(
            crate::samples::hostile(),
            &crate::samples::event(r#"{"do":"print"}"#),
            &limits,
        )
        .outcome
    };
    answer(1 << 10).unwrap();
    let large = Limits::builder()
        .output_bytes(60 << 20)
        .memory_bytes(256 << 20)
        .build()
        .unwrap();
    assert_eq!(
        provoke("huge-answer", &large).outcome.unwrap().user_metadata.len(),
        50_000_000
    );
}

#[test]
fn s35_text_that_is_no_utf8_is_malformed() {
    assert_eq!(end("invalid-utf8").code(), "malformed");
}

#[test]
fn s35_sleeping_is_waiting() {
    assert_eq!(end("wait"), Ending::Waited);
}

#[test]
fn s35_exit_ends_the_call_and_not_the_host() {
    assert_eq!(end("exit"), Ending::Exited);
}

#[test]
fn a_refusal_is_the_policys_own() {
    let decision = provoke("refused", &limits());
    let Err(Ending::Refused(refusal)) = decision.outcome else {
        panic!("{:?}", decision.outcome)
    };
    assert_eq!(
        (refusal.code.as_str(), refusal.message.as_str()),
        ("not-today", "Not today.")
    );
    assert!(decision.usage.fuel.is_some_and(|fuel| fuel > 0));
}

#[test]
fn broken_carries_its_text_cut_like_log() {
    assert_eq!(end("broken"), Ending::Broken("TypeError: x is undefined".into()));
    let limits = Limits::builder().log_bytes(101).build().unwrap();
    assert_eq!(
        provoke("broken-at-length", &limits).outcome,
        Err(Ending::Broken("é".repeat(50)))
    );
}

#[test]
fn what_is_printed_and_logged_is_kept_in_order() {
    let decision = provoke("print", &limits());
    let log = [
        (LogLevel::Info, "to output"),
        (LogLevel::Warn, "to errors"),
        (LogLevel::Error, "to the log"),
    ];
    assert_eq!(messages(&decision), log);
    assert!(!decision.log.truncated);
}

#[test]
fn s35_a_flood_of_output_is_cut_and_marked() {
    let decision = provoke("flood", &limits());
    decision.outcome.as_ref().unwrap();
    assert!(decision.log.truncated);
    let kept: usize = decision.log.entries.iter().map(|entry| entry.message.len()).sum();
    assert!((1_000..=limits().log_bytes()).contains(&kept), "{kept}");
}

#[test]
fn s35_an_endless_flood_spends_its_fuel() {
    assert_eq!(end("endless-flood"), Ending::BudgetExceeded);
}

#[test]
fn what_the_log_import_is_given_obeys_its_rules() {
    assert_eq!(end("huge-log").code(), "misused");
    assert_eq!(end("invalid-log").code(), "misused");
}

#[test]
fn an_event_the_host_got_wrong_is_the_hosts_fault() {
    let wrong = |change: fn(&mut conjoin_engine::Event)| {
        let mut event = crate::samples::event("{}");
        change(&mut event);
        crate::samples::merge(crate::samples::hostile(), &event, &limits())
            .outcome
            .unwrap_err()
            .code()
    };
    assert_eq!(wrong(|event| event.now = "yesterday".into()), "internal");
    assert_eq!(wrong(|event| event.now = "1960-01-01T00:00:00Z".into()), "internal");
    assert_eq!(wrong(|event| event.seed = "1234".into()), "internal");
}

//! Components made to hurt a compiler, and what is left of good ones.

use conjoin_engine::{Engine, EngineConfig, Jail, RejectionReason};

use crate::bombs::bombs;
use crate::jailed::engine;
use crate::wit_guest::{CONTRACT, trapping};

#[test]
fn s35_hostile_components_are_refused_with_a_report() {
    for bomb in bombs() {
        let rejection = engine().load(&bomb.bytes).unwrap_err();
        let name = bomb.name;
        assert!(bomb.reasons.contains(&rejection.reason().code()), "{name}: {rejection}");
        let finding = &rejection.findings()[0];
        assert!(
            !finding.problem.is_empty() && !finding.remedy.is_empty(),
            "{name}: {rejection}"
        );
    }
}

#[test]
fn s35_a_component_cut_or_changed_anywhere_is_refused_or_runs() {
    let whole = trapping(CONTRACT);
    for length in (0..whole.len()).step_by(whole.len() / 40) {
        engine().load(&whole[..length]).unwrap_err();
    }
    for position in (8..whole.len()).step_by(whole.len() / 80) {
        let mut bent = whole.clone();
        bent[position] ^= 1 << (position % 8);
        if let Err(rejection) = engine().load(&bent) {
            let code = rejection.reason().code();
            assert!(!code.starts_with("compile-"), "at byte {position}: {rejection}");
        }
    }
}

#[test]
fn a_component_above_the_size_limit_starts_no_child() {
    let config = EngineConfig::default().slots(1).max_component_bytes(1 << 10);
    let engine = Engine::new(config.jail(Jail::new("/nonexistent"))).unwrap();
    let rejection = engine.load(&vec![0; 1025]).unwrap_err();
    assert_eq!(rejection.reason(), RejectionReason::TooLarge);
}

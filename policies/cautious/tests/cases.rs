//! The cases beside this policy, run natively.

use conjoin_guest::cases::run_native;
use conjoin_policy_cautious::Cautious;

#[test]
fn every_case_is_met() {
    if let Err(failed) = run_native::<Cautious>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) {
        panic!("{failed}");
    }
}

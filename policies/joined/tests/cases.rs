//! The cases beside this policy, run natively.

use conjoin_guest::cases::run_native;
use conjoin_policy_joined::Joined;

#[test]
fn every_case_is_met() {
    if let Err(failed) = run_native::<Joined>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) {
        panic!("{failed}");
    }
}

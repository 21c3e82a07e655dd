//! The cases beside this policy, run natively.

use conjoin_guest::cases::run_native;
use conjoin_policy_oldest_primary::OldestPrimary;

#[test]
fn every_case_is_met() {
    if let Err(failed) = run_native::<OldestPrimary>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) {
        panic!("{failed}");
    }
}

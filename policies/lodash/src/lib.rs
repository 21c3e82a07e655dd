//! `lodash`: what Auth0's published account linking sample does to metadata, for tenants that have lived with its results.
//!
//! The sample calls `_.merge({}, secondary, primary, customizer)` under lodash 4, which ignores the customizer. So arrays
//! merge by index, an empty array or object of the primary clears nothing, and the items of the two sides mix. The module
//! `merge` is a model of that function for values that came from JSON, exact to its oddest corners.
//!
//! Whoever does not need those results should use `joined`, which does what the sample says it does.

mod merge;

use conjoin_guest::{Account, Bag, BagPlan, Description, Event, Failure, Plan, Policy};

pub use merge::{Thrown, merge};

/// The policy.
pub struct Lodash;

impl Policy for Lodash {
    fn describe() -> Description {
        Description {
            name: "lodash".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Merges as Auth0's published sample does under lodash 4: arrays by index, the primary's value wins."
                .to_owned(),
            settings_schema:
                r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false}"#
                    .to_owned(),
            reasons: Vec::new(),
        }
    }

    fn merge(_: &Event, primary: &Account, secondary: &Account) -> Result<Plan, Failure> {
        Ok(Plan {
            user_metadata: plan(Bag::User, primary, secondary)?,
            app_metadata: plan(Bag::App, primary, secondary)?,
        })
    }
}

conjoin_guest::export!(Lodash);

/// Where the sample throws, its link ends before it has called Auth0; so does this one.
fn plan(bag: Bag, primary: &Account, secondary: &Account) -> Result<BagPlan, Failure> {
    let (primary, secondary) = (primary.bag(bag)?, secondary.bag(bag)?);
    let merged = merge(&secondary, &primary).map_err(|thrown| Failure::broken(thrown.to_string()))?;
    BagPlan::to_result(&primary, &secondary, &merged)
}

//! `joined`, the default policy: what two accounts hold, in one, and the primary's value where they disagree.
//!
//! Both bags are merged recursively. Keys that only the secondary has are added; where both have an array the primary's
//! items come first and duplicates stay; everywhere else the primary's value stands, also where one side is an array and
//! the other is not. Settings change how arrays are joined, keep `app_metadata` out of it, or let the older account survive.
//!
//! Nothing here but that: which accounts may be offered at all, and what a plan may write, is the host's to decide.

mod settings;

use conjoin_guest::{
    Account, Bag, BagPlan, Candidate, Description, Event, Failure, Plan, Policy, Primary, Suggestion, merge, reasons,
};

use settings::{AppMetadata, Settings};

/// The policy.
pub struct Joined;

impl Policy for Joined {
    fn describe() -> Description {
        Description {
            name: "joined".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Merges both metadata bags recursively; the primary's value wins and arrays are joined."
                .to_owned(),
            settings_schema: settings::SCHEMA.to_owned(),
            reasons: reasons::same_email(),
        }
    }

    fn select_candidates(event: &Event, current: &Account, found: &[Candidate]) -> Result<Vec<Suggestion>, Failure> {
        Ok(Primary::chosen(Settings::of(event)?.primary, event)?.offer(current, found))
    }

    fn merge(event: &Event, primary: &Account, secondary: &Account) -> Result<Plan, Failure> {
        let settings = Settings::of(event)?;
        let app_metadata = match settings.app_metadata {
            AppMetadata::Merge => join(Bag::App, primary, secondary, &settings)?,
            AppMetadata::KeepPrimary => {
                BagPlan::keep_primary(&primary.document(Bag::App)?, &secondary.document(Bag::App)?)
            }
        };
        Ok(Plan {
            user_metadata: join(Bag::User, primary, secondary, &settings)?,
            app_metadata,
        })
    }
}

conjoin_guest::export!(Joined);

fn join(bag: Bag, primary: &Account, secondary: &Account, settings: &Settings) -> Result<BagPlan, Failure> {
    merge::recursive(&primary.document(bag)?, &secondary.document(bag)?, settings.arrays).plan()
}

//! `oldest-primary`: the account that the person has had for longest survives, and what they set last stands.
//!
//! Both bags are merged recursively. Two arrays at one place become their union, the primary's items first. Where two scalars differ, the value of the
//! account with the later `last-login` stands; where neither is known to be later, the primary's. Where one side is an object or an array and the
//! other is not, the primary's value stands, and a `null` never takes a value's place. A setting keeps `app_metadata` out of it.
//!
//! **What `last-login` can tell.** The person signs in to the found account to prove it, and a tenant that counts that sign-in makes the
//! found account the one with the later login. Whoever wants the surviving account's values to stand in every conflict uses `joined` with
//! `{"primary":"oldest","arrays":"union"}`.

mod login;
mod settings;

use conjoin_guest::{
    Account, Arrays, Bag, BagPlan, Candidate, Description, Event, Failure, Plan, Policy, Primary, Scalars, Suggestion,
    merge, reasons,
};

use settings::{AppMetadata, Settings};

/// The policy.
pub struct OldestPrimary;

impl Policy for OldestPrimary {
    fn describe() -> Description {
        Description {
            name: "oldest-primary".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "The oldest account survives; in a conflict the account that was used last wins, and arrays become their union."
                .to_owned(),
            settings_schema: settings::SCHEMA.to_owned(),
            reasons: reasons::same_email(),
        }
    }

    fn select_candidates(_: &Event, current: &Account, found: &[Candidate]) -> Result<Vec<Suggestion>, Failure> {
        Ok(Primary::Oldest.offer(current, found))
    }

    fn merge(event: &Event, primary: &Account, secondary: &Account) -> Result<Plan, Failure> {
        let settings = Settings::of(event)?;
        let scalars = login::winner(primary, secondary);
        let app_metadata = match settings.app_metadata {
            AppMetadata::Merge => join(Bag::App, primary, secondary, scalars)?,
            AppMetadata::KeepPrimary => {
                BagPlan::keep_primary(&primary.document(Bag::App)?, &secondary.document(Bag::App)?)
            }
        };
        Ok(Plan {
            user_metadata: join(Bag::User, primary, secondary, scalars)?,
            app_metadata,
        })
    }
}

conjoin_guest::export!(OldestPrimary);

fn join(bag: Bag, primary: &Account, secondary: &Account, scalars: Scalars) -> Result<BagPlan, Failure> {
    merge::recursive_with(
        &primary.document(bag)?,
        &secondary.document(bag)?,
        Arrays::Union,
        scalars,
    )
    .plan()
}

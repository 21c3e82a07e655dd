//! What both accounts prefer is joined. Of what applications rely on, the surviving account's value stands, and what only the other
//! account has is carried. Accounts that must not be mixed, by default those with different contracts, stay apart.

mod settings;

use conjoin_guest::{
    Account, Arrays, Bag, BagPlan, Candidate, Description, Event, Failure, Plan, Policy, Primary,
    Suggestion, merge, reasons,
};

use settings::Settings;

struct Strategy;

impl Policy for Strategy {
    fn describe() -> Description {
        Description {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary:
                "Joins preferences, never roles; accounts with different contracts stay apart."
                    .to_owned(),
            settings_schema: settings::SCHEMA.to_owned(),
            reasons: reasons::same_email(),
        }
    }

    fn select_candidates(
        _: &Event,
        current: &Account,
        found: &[Candidate],
    ) -> Result<Vec<Suggestion>, Failure> {
        Ok(Primary::Oldest.offer(current, found))
    }

    fn merge(event: &Event, primary: &Account, secondary: &Account) -> Result<Plan, Failure> {
        let settings: Settings = event.settings()?;
        let (ours, theirs) = (primary.document(Bag::App)?, secondary.document(Bag::App)?);
        let differ = |key: &String| match (ours.get(key), theirs.get(key)) {
            (Some(ours), Some(theirs)) => !ours.equal(theirs),
            _ => false,
        };
        if settings.must_agree.iter().any(differ) {
            let message = "These accounts must not be mixed. Please ask support to join them.";
            return Err(Failure::refused("must-agree", message));
        }
        Ok(Plan {
            user_metadata: joined(Bag::User, primary, secondary, Arrays::Union)?,
            app_metadata: joined(Bag::App, primary, secondary, Arrays::Primary)?,
        })
    }
}

conjoin_guest::export!(Strategy);

fn joined(
    bag: Bag,
    primary: &Account,
    secondary: &Account,
    arrays: Arrays,
) -> Result<BagPlan, Failure> {
    merge::recursive(&primary.document(bag)?, &secondary.document(bag)?, arrays).plan()
}

#[cfg(test)]
mod tests {
    use super::Strategy;

    /// In this process, where a debugger works. `conjoin policy test` runs the same cases on the component.
    #[test]
    fn every_case_is_met() {
        if let Err(failed) = conjoin_guest::cases::run_native::<Strategy>("cases") {
            panic!("{failed}");
        }
    }
}

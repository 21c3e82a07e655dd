//! `cautious`: joins two accounts only where nothing has to be decided.
//!
//! `app_metadata`, from which applications read permissions, stays the primary's: every key of the secondary's is discarded, and the person sees which. Of
//! `user_metadata`, what only the secondary has is added, at every depth. Where both accounts hold something different at one place, arrays included,
//! the policy refuses and names the places, so that the person can make them equal first.

mod conflicts;
mod message;
mod settings;

use conjoin_guest::{
    Account, Arrays, Bag, BagPlan, Candidate, Description, Event, Failure, Plan, Policy, Primary, Suggestion, merge,
    reasons,
};

use settings::Settings;

/// The policy.
pub struct Cautious;

/// The refusal's code.
const CONFLICT: &str = "conflicting-user-metadata";

impl Policy for Cautious {
    fn describe() -> Description {
        Description {
            name: "cautious".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary:
                "Adds what only one account has; never merges app_metadata, and refuses where user_metadata differs."
                    .to_owned(),
            settings_schema: settings::SCHEMA.to_owned(),
            reasons: reasons::same_email(),
        }
    }

    fn select_candidates(event: &Event, current: &Account, found: &[Candidate]) -> Result<Vec<Suggestion>, Failure> {
        Ok(Primary::chosen(Settings::of(event)?.primary, event)?.offer(current, found))
    }

    fn merge(event: &Event, primary: &Account, secondary: &Account) -> Result<Plan, Failure> {
        Settings::of(event)?;
        let (ours, theirs) = (primary.document(Bag::User)?, secondary.document(Bag::User)?);
        let conflicts = conflicts::find(&ours, &theirs);
        if !conflicts.is_empty() {
            return Err(Failure::refused(CONFLICT, message::naming(&conflicts, event)?));
        }
        // Nothing conflicts, so what becomes of conflicts does not matter: only what the secondary alone has is added.
        Ok(Plan {
            user_metadata: merge::recursive(&ours, &theirs, Arrays::Primary).plan()?,
            app_metadata: BagPlan::discard_all(&secondary.document(Bag::App)?),
        })
    }
}

conjoin_guest::export!(Cautious);

//! Which of two accounts survives.

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{Account, Candidate, Event, Failure, Side, Suggestion, reasons};

/// A tenant's choice, as settings spell it: `current` or `oldest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Primary {
    /// The account signed in.
    Current,
    /// The account created first, by [`oldest`].
    Oldest,
}

impl Primary {
    /// The tenant's choice; where there is none, what [`Primary::of_flow`] says.
    ///
    /// # Errors
    /// As [`Primary::of_flow`].
    pub fn chosen(choice: Option<Self>, event: &Event) -> Result<Self, Failure> {
        choice.map_or_else(|| Self::of_flow(event), Ok)
    }

    /// Offers every account found, for the address that it has in common.
    #[must_use]
    pub fn offer(self, current: &Account, found: &[Candidate]) -> Vec<Suggestion> {
        let suggest = |candidate: &Candidate| candidate.suggest(self.side(current, candidate), reasons::SAME_EMAIL);
        found.iter().map(suggest).collect()
    }

    /// What holds where a tenant has chosen nothing. It depends on where the flow began: in an Action the current account is
    /// often a sign-up of a minute ago, which must not swallow the account the person has used for years.
    ///
    /// # Errors
    /// [`Failure::Broken`] when the context does not say where the flow began in a text, which the host rules out.
    pub fn of_flow(event: &Event) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Context {
            begun_by: Option<String>,
        }
        let context: Context = event.context()?;
        Ok(if context.begun_by.as_deref() == Some("action") {
            Self::Oldest
        } else {
            Self::Current
        })
    }

    /// Which of these two survives.
    #[must_use]
    pub fn side(self, current: &Account, candidate: &Candidate) -> Side {
        match self {
            Self::Current => Side::Current,
            Self::Oldest => oldest(current, candidate),
        }
    }
}

/// The account that was created first; on a tie, the one whose `user_id` sorts first.
///
/// An account without a creation time, or with one that is no RFC 3339, is never the older one: nothing is known of its
/// age. Where that goes for both, the current account stays primary.
#[must_use]
pub fn oldest(current: &Account, candidate: &Candidate) -> Side {
    let found_first = match (
        instant(current.created_at.as_deref()),
        instant(candidate.created_at.as_deref()),
    ) {
        (Some(ours), Some(theirs)) => (theirs, &candidate.user_id) < (ours, &current.user_id),
        (None, Some(_)) => true,
        (_, None) => false,
    };
    if found_first { Side::Found } else { Side::Current }
}

/// A time as the contract writes it. None where there is none, and where it is no RFC 3339.
#[must_use]
pub fn instant(text: Option<&str>) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text?, &Rfc3339).ok()
}

//! Which of two accounts survives.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{Account, Candidate, Side};

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

fn instant(text: Option<&str>) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text?, &Rfc3339).ok()
}

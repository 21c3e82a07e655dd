//! What a person sees whom the tenant's Action sent here, in the middle of a sign-in.

use askama::Template;

use super::{OfferView, Shell};

/// `/action/visit/{visit}`: which accounts could be joined with the one that is signing in.
#[derive(Template)]
#[template(path = "action_visit.html")]
pub struct ActionVisit<'a> {
    /// Around it.
    pub shell: Shell<'a>,
    /// The visit's id.
    pub visit: &'a str,
    /// At least one.
    pub offers: Vec<OfferView>,
}

/// `/action/return/{visit}`: the way back, once the person has agreed.
#[derive(Template)]
#[template(path = "action_return.html")]
pub struct ActionReturn<'a> {
    /// Around it.
    pub shell: Shell<'a>,
    /// The tenant's `/continue`, with its `state`.
    pub continue_at: &'a str,
    /// What was agreed to, signed.
    pub session_token: &'a str,
    /// Whole minutes for which the agreement is good yet.
    pub minutes: i64,
}

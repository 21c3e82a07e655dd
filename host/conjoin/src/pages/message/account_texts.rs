//! Texts about accounts, and what stands against linking or unlinking them.

use super::super::text::words;
use super::{MAX_POLICY_WORDS, MessageView, TO_LOG_OUT};

impl MessageView {
    /// The chosen account became part of a third one.
    pub fn belongs_to_another() -> Self {
        Self::new(409, "belongs-to-another", "The account belongs to another one").say(
            "The account that you chose has become part of another account meanwhile.",
            "If that one is yours too, sign in to it and unlink the account there. Then try again.",
        )
    }

    /// The two accounts are linked.
    pub fn already_linked() -> Self {
        Self::new(409, "already-linked", "The accounts are already linked").say(
            "The account that you chose already is part of yours.",
            "There is nothing left to do. Your account lists every way to sign in to it.",
        )
    }

    /// The chosen account is not among those offered. The same for one that does not exist and one that may not be offered.
    pub fn not_offered() -> Self {
        Self::new(403, "not-offered", "This account cannot be linked").say(
            "What you chose is not, or no longer, among the accounts that can be linked with yours.",
            "Go back to your account and choose from the list as it is now.",
        )
    }

    /// One of the accounts is blocked.
    pub fn blocked() -> Self {
        Self::new(403, "blocked", "One of the accounts is blocked").say(
            "A blocked account cannot be linked.",
            "Ask the people who run this service to unblock it. Then try again.",
        )
    }

    /// The account that is signed in is gone, at the tenant.
    pub fn account_gone() -> Self {
        Self {
            action: TO_LOG_OUT,
            ..Self::new(404, "account-gone", "The account was not found").say(
                "An account of this request no longer exists. It may have been deleted, or have become part of another one.",
                "Log out, then sign in again.",
            )
        }
    }

    /// Both accounts are of connections that must stay primary.
    pub fn both_must_be_primary() -> Self {
        Self::new(
            409,
            "both-must-be-primary",
            "Neither account can become part of the other",
        )
        .say(
            "Both accounts have to stay accounts of their own, for example because an employer manages them.",
            "If you think they should be linked, ask the people who run this service.",
        )
    }

    /// The account that would become part of the other holds linked identities of its own.
    pub fn secondary_has_identities() -> Self {
        Self::new(
            409,
            "secondary-has-identities",
            "The other account has linked sign-ins of its own",
        )
        .say(
            "The account that would become part of the other has other sign-ins linked to it. They could be lost.",
            "Sign in to that account and unlink them there, or begin from there. Then try again.",
        )
    }

    /// Metadata nested deeper than policies are given.
    pub fn too_deep() -> Self {
        Self::new(422, "too-deep", "The stored data is nested too deep").say(
            "What is stored with one of the accounts is nested more than 100 levels deep, and cannot be combined safely.",
            "Tell the people who run this service.",
        )
    }

    /// The policy's own no. `message` only once both accounts are proven; before that it could tell something of the other one.
    pub fn refused_by_policy(message: Option<&str>) -> Self {
        let quotation = message.map(|message| words(message, MAX_POLICY_WORDS));
        Self {
            quotation: quotation.filter(|words| !words.trim().is_empty()),
            ..Self::new(403, "refused-by-policy", "These accounts cannot be linked").say(
                "The rules of this service do not allow it.",
                "If you think they should be linked, ask the people who run this service.",
            )
        }
    }

    /// The identity to unlink is the account's own.
    pub fn primary_identity() -> Self {
        Self::new(409, "primary-identity", "This sign-in cannot be unlinked").say(
            "It is the account’s own sign-in: without it there would be no account.",
            "You can unlink the other sign-ins of your account.",
        )
    }

    /// The identity to unlink is not part of the account.
    pub fn not_linked() -> Self {
        Self::new(409, "not-linked", "This sign-in is not linked").say(
            "What you wanted to unlink is not, or no longer, part of your account.",
            "Your account lists every way to sign in to it.",
        )
    }
}

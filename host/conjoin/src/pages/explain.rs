//! The one place where the domain's errors become words and HTTP statuses.

use conjoin_auth0::ManagementError;
use conjoin_linking::LinkError;
use conjoin_linking::journal::JournalError;
use conjoin_linking::proof::ProofError;

use super::MessageView;

/// What to tell a person about an error. Never a policy's words, the tenant's words, or anything of an account: an error can come before the other account
/// is proven. Where both are, [`message_for_proven`] may say more.
pub fn message_for(error: &LinkError) -> MessageView {
    match error {
        LinkError::NotOffered => MessageView::not_offered(),
        LinkError::Proof(proof) => for_proof(proof),
        LinkError::AlreadyLinked => MessageView::already_linked(),
        LinkError::BelongsToAnother => MessageView::belongs_to_another(),
        LinkError::Blocked => MessageView::blocked(),
        LinkError::BothMustBePrimary => MessageView::both_must_be_primary(),
        LinkError::SecondaryHasIdentities => MessageView::secondary_has_identities(),
        LinkError::TooDeep => MessageView::too_deep(),
        LinkError::RefusedByPolicy(_) => MessageView::refused_by_policy(None),
        LinkError::PolicyEnded(_) => MessageView::policy_failed(),
        LinkError::NotAllowed(_) => MessageView::not_allowed(),
        LinkError::PolicyGone | LinkError::PolicyRevoked => MessageView::policy_gone(),
        LinkError::Paused => MessageView::paused(),
        LinkError::Changed => MessageView::changed(),
        LinkError::NoSuchLink => MessageView::not_found(),
        LinkError::Expired => MessageView::expired(),
        LinkError::Busy => MessageView::busy(),
        LinkError::PrimaryIdentity => MessageView::primary_identity(),
        LinkError::NotLinked => MessageView::not_linked(),
        LinkError::Unsettled => MessageView::unsettled(),
        LinkError::Tenant(error) => for_tenant(error),
        LinkError::Journal(JournalError::Conflict | JournalError::LeaseLost) => MessageView::moved_on(),
        LinkError::Journal(JournalError::Storage(_)) => MessageView::storage_failed(),
    }
}

/// The same, for what comes after both accounts are proven: a policy's refusal in its own words.
pub fn message_for_proven(error: &LinkError) -> MessageView {
    match error {
        LinkError::RefusedByPolicy(refusal) => MessageView::refused_by_policy(Some(&refusal.message)),
        other => message_for(other),
    }
}

fn for_proof(error: &ProofError) -> MessageView {
    match error {
        ProofError::WrongAccount => MessageView::wrong_account(),
        ProofError::NoAuthTime => MessageView::no_auth_time(),
        ProofError::NotFresh => MessageView::not_fresh(),
        ProofError::TooOld => MessageView::proof_too_old(),
        ProofError::Spent => MessageView::proof_spent(),
        ProofError::Unverified => MessageView::unverified(),
        ProofError::EmailDiffers => MessageView::email_differs(),
        ProofError::NoSecondFactor => MessageView::no_second_factor(),
        ProofError::OtherOrganization => MessageView::other_organization(),
    }
}

/// Only reads fail as errors: what happens to writes is a stage of the record.
fn for_tenant(error: &ManagementError) -> MessageView {
    match error {
        ManagementError::NotFound => MessageView::account_gone(),
        ManagementError::RateLimited { .. } => MessageView::tenant_rate_limited(),
        ManagementError::NotPermitted
        | ManagementError::Unreachable(_)
        | ManagementError::Unavailable { .. }
        | ManagementError::Ambiguous(_)
        | ManagementError::Undecodable(_) => MessageView::tenant_unreachable(),
        ManagementError::Conflict { .. }
        | ManagementError::Unauthorized { .. }
        | ManagementError::InsufficientScope { .. }
        | ManagementError::Refused { .. }
        | ManagementError::Unsendable(_) => MessageView::tenant_refused_request(),
    }
}

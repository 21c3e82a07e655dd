//! From the domain's errors to words.

use conjoin_auth0::ManagementError;
use conjoin_engine::{Ending, Refusal};
use conjoin_linking::LinkError;
use conjoin_linking::bag::Bag;
use conjoin_linking::journal::JournalError;
use conjoin_linking::plan::Violation;
use conjoin_linking::proof::ProofError;

use crate::pages::{MessageView, message_for, message_for_proven};

const SECRET: &str = "s3cret-words";

/// Every error, each carrying words that no person may read wherever it can.
fn errors() -> Vec<(LinkError, &'static str, u16)> {
    let refusal = Refusal {
        code: SECRET.to_owned(),
        message: SECRET.to_owned(),
    };
    let violation = Violation::Invented {
        bag: Bag::App,
        places: vec![SECRET.to_owned()],
    };
    let tenant = |error| LinkError::Tenant(error);
    let conflict = ManagementError::Conflict {
        error_code: None,
        message: SECRET.to_owned(),
    };
    vec![
        (LinkError::NotOffered, "not-offered", 403),
        (ProofError::WrongAccount.into(), "wrong-account", 403),
        (ProofError::NoAuthTime.into(), "no-auth-time", 403),
        (ProofError::NotFresh.into(), "not-fresh", 403),
        (ProofError::TooOld.into(), "proof-too-old", 403),
        (ProofError::Unverified.into(), "unverified", 403),
        (ProofError::EmailDiffers.into(), "email-differs", 403),
        (ProofError::NoSecondFactor.into(), "no-second-factor", 403),
        (ProofError::OtherOrganization.into(), "other-organization", 403),
        (LinkError::AlreadyLinked, "already-linked", 409),
        (LinkError::BelongsToAnother, "belongs-to-another", 409),
        (LinkError::Blocked, "blocked", 403),
        (LinkError::BothMustBePrimary, "both-must-be-primary", 409),
        (LinkError::SecondaryHasIdentities, "secondary-has-identities", 409),
        (LinkError::TooDeep, "too-deep", 422),
        (LinkError::RefusedByPolicy(refusal), "refused-by-policy", 403),
        (
            LinkError::PolicyEnded(Ending::Broken(SECRET.to_owned())),
            "policy-failed",
            500,
        ),
        (violation.into(), "not-allowed", 500),
        (LinkError::PolicyGone, "policy-gone", 409),
        (LinkError::PolicyRevoked, "policy-gone", 409),
        (LinkError::Paused, "paused", 503),
        (LinkError::Changed, "changed", 409),
        (LinkError::NoSuchLink, "not-found", 404),
        (LinkError::Expired, "expired", 410),
        (LinkError::Busy, "busy", 409),
        (LinkError::PrimaryIdentity, "primary-identity", 409),
        (LinkError::NotLinked, "not-linked", 409),
        (LinkError::Unsettled, "unsettled", 409),
        (tenant(ManagementError::NotFound), "account-gone", 404),
        (
            tenant(ManagementError::RateLimited { retry_after: None }),
            "tenant-rate-limited",
            503,
        ),
        (
            tenant(ManagementError::Unavailable { status: 502 }),
            "tenant-unreachable",
            503,
        ),
        (
            tenant(ManagementError::Undecodable(SECRET.to_owned())),
            "tenant-unreachable",
            503,
        ),
        (tenant(conflict), "tenant-refused-request", 502),
        (JournalError::Conflict.into(), "moved-on", 409),
        (JournalError::LeaseLost.into(), "moved-on", 409),
        (JournalError::Storage(SECRET.to_owned()).into(), "storage-failed", 503),
    ]
}

#[test]
fn every_error_has_its_own_words_and_status() {
    for (error, name, status) in errors() {
        let message = message_for(&error);
        assert_eq!((message.name, message.status), (name, status), "{error}");
    }
}

#[test]
fn a32_no_error_shows_words_that_are_not_ours() {
    for (error, name, _) in errors() {
        let message = format!("{:?}", message_for(&error));
        assert!(!message.contains(SECRET), "{name}: {message}");
    }
}

#[test]
fn a_policys_words_are_shown_only_once_both_accounts_are_proven() {
    let refusal = |message: &str| {
        LinkError::RefusedByPolicy(Refusal {
            code: "conflict".to_owned(),
            message: message.to_owned(),
        })
    };
    assert_eq!(message_for(&refusal("Two plans.")).quotation, None);
    assert_eq!(
        message_for_proven(&refusal("Two plans.")).quotation.as_deref(),
        Some("Two plans.")
    );
    assert_eq!(message_for_proven(&refusal(" ")).quotation, None);
    let long = message_for_proven(&refusal(&"é".repeat(1_000))).quotation.unwrap();
    assert_eq!(long.chars().count(), 300);
    assert_eq!(message_for_proven(&LinkError::Busy), MessageView::busy());
}

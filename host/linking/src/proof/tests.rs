use conjoin_auth0::SignIn;
use secrecy::SecretString;

use super::{Proof, ProofError};

/// A sign-in that the tenant issued at its second 5,000.
fn sign_in(auth_time: Option<i64>) -> SignIn {
    SignIn {
        subject: "google-oauth2|1001".parse().unwrap(),
        email: Some("ada@example.com".to_owned()),
        email_verified: true,
        auth_time,
        issued_at: 5_000,
        org_id: None,
        amr: Vec::new(),
        acr: None,
        sid: None,
        name: None,
        id_token: SecretString::from("token"),
    }
}

/// Asked for at our second 100,000; back half a minute later.
fn fresh(auth_time: Option<i64>) -> Result<Proof, ProofError> {
    Proof::fresh(&sign_in(auth_time), None, 100_000, 100_030)
}

#[test]
fn s14_only_a_sign_in_since_the_request_counts() {
    assert!(fresh(Some(4_990)).is_ok());
    assert!(fresh(Some(4_965)).is_ok(), "within the leeway");
    assert_eq!(fresh(Some(4_964)), Err(ProofError::NotFresh));
    assert_eq!(fresh(Some(5_006)), Err(ProofError::NotFresh), "in the future");
}

#[test]
fn a18_zero_is_a_time_and_absence_is_a_failure() {
    assert_eq!(fresh(Some(0)), Err(ProofError::NotFresh));
    assert_eq!(fresh(None), Err(ProofError::NoAuthTime));
}

#[test]
fn s15_a_proof_ages_by_our_clock_from_when_the_person_signed_in() {
    let proof = fresh(Some(4_990)).unwrap();
    assert_eq!(proof.age(100_030), 10);
    assert!(proof.check_age(600, 100_030 + 590).is_ok());
    assert_eq!(proof.check_age(600, 100_030 + 591), Err(ProofError::TooOld));
}

#[test]
fn extreme_times_do_not_overflow() {
    assert_eq!(fresh(Some(i64::MIN)), Err(ProofError::NotFresh));
    assert_eq!(fresh(Some(i64::MAX)), Err(ProofError::NotFresh));
}

#[test]
fn a25_a_sign_in_of_before_an_unlink_or_of_its_second_counts_for_nothing() {
    // Signed in at our second 100,020.
    let proof = fresh(Some(4_990)).unwrap();
    for unlinked_at in [100_019, 100_020, 100_025, 100_030, i64::MAX] {
        assert_eq!(
            proof.check_unspent(unlinked_at),
            Err(ProofError::Spent),
            "{unlinked_at}"
        );
    }
    assert!(proof.check_unspent(100_018).is_ok());
}

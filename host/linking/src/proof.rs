//! When a sign-in proves that an account is the person's.
//!
//! Times of the tenant are only ever compared with each other, and ours with ours, so that two clocks need not agree.

use conjoin_auth0::{SignIn, User, UserId, email_fold};
use serde::{Deserialize, Serialize};

/// How much longer than the request took the tenant may say that the sign-in lies back, in seconds.
const LEEWAY: i64 = 5;

/// How far apart two whole seconds of two clocks can be for the same moment.
pub(crate) const ROUNDING: i64 = 1;

/// A fresh sign-in to one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Whose account.
    pub subject: UserId,
    /// The connection that was asked for. The token names none, so this is what was *asked*, not what was used; none for an open sign-in.
    pub connection: Option<String>,
    /// When the person signed in, by the tenant's clock, in Unix seconds.
    pub auth_time: i64,
    /// When the tenant said so, by the tenant's clock, in Unix seconds.
    pub issued_at: i64,
    /// When it reached us, by our clock, in Unix seconds.
    pub received_at: i64,
    /// How: RFC 8176 values, as far as the tenant tells.
    pub amr: Vec<String>,
    /// Auth0's `org_id`.
    pub organization: Option<String>,
}

/// Why a sign-in proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Somebody signed in, but to another account.
    #[error("the sign-in was to another account than the one chosen")]
    WrongAccount,
    /// No `auth_time`: nothing says that the person signed in just now.
    #[error("the tenant did not say when the sign-in happened")]
    NoAuthTime,
    /// The sign-in is older than the request for it, or lies in the future.
    #[error("the sign-in did not happen for this request")]
    NotFresh,
    /// The proof was good and is too old by now.
    #[error("the sign-in was too long ago")]
    TooOld,
    /// The proof was good, and an identity was separated from the account since.
    #[error("the sign-in was before an unlink")]
    Spent,
    /// The account's e-mail address is not verified.
    #[error("the account's e-mail address is not verified")]
    Unverified,
    /// The two accounts' addresses differ.
    #[error("the accounts' e-mail addresses are not the same")]
    EmailDiffers,
    /// The tenant demands a second factor and the sign-in shows none.
    #[error("the sign-in shows no second factor")]
    NoSecondFactor,
    /// The sign-in is of another organization than the session.
    #[error("the sign-in was to another organization")]
    OtherOrganization,
}

impl Proof {
    /// A sign-in as it came, whatever its age.
    ///
    /// # Errors
    /// [`ProofError::NoAuthTime`]: it says nothing about when.
    pub fn of(sign_in: &SignIn, connection: Option<&str>, received_at: i64) -> Result<Self, ProofError> {
        Ok(Self {
            subject: sign_in.subject.clone(),
            connection: connection.map(str::to_owned),
            auth_time: sign_in.auth_time.ok_or(ProofError::NoAuthTime)?,
            issued_at: sign_in.issued_at,
            received_at,
            amr: sign_in.amr.clone(),
            organization: sign_in.org_id.clone(),
        })
    }

    /// A sign-in that was asked for with `prompt=login` and `max_age=0` at `requested_at` (our clock) and must have happened since.
    ///
    /// # Errors
    /// [`ProofError::NotFresh`] when the tenant's single sign-on answered instead, whatever the browser did to the request.
    pub fn fresh(
        sign_in: &SignIn,
        connection: Option<&str>,
        requested_at: i64,
        received_at: i64,
    ) -> Result<Self, ProofError> {
        let proof = Self::of(sign_in, connection, received_at)?;
        let back = proof.issued_at.saturating_sub(proof.auth_time);
        let took = received_at.saturating_sub(requested_at).max(0);
        if back < -LEEWAY || back > took.saturating_add(LEEWAY) {
            return Err(ProofError::NotFresh);
        }
        Ok(proof)
    }

    /// Seconds since the person signed in, at `now` by our clock.
    pub fn age(&self, now: i64) -> i64 {
        let then = self.issued_at.saturating_sub(self.auth_time).max(0);
        now.saturating_sub(self.received_at).max(0).saturating_add(then)
    }

    /// Whether the person signed in since an identity was separated from the account, at `unlinked_at` in Unix seconds by our clock. A sign-in of before, which the
    /// tenant's single sign-on repeats for days, may have been one with the very identity that was separated.
    ///
    /// # Errors
    /// [`ProofError::Spent`].
    pub fn check_unspent(&self, unlinked_at: i64) -> Result<(), ProofError> {
        let signed_in_at = self.received_at.saturating_sub(self.age(self.received_at));
        if signed_in_at <= unlinked_at.saturating_add(ROUNDING) {
            return Err(ProofError::Spent);
        }
        Ok(())
    }

    /// # Errors
    /// [`ProofError::TooOld`] when the person signed in longer ago than `max_age` seconds.
    pub fn check_age(&self, max_age: u64, now: i64) -> Result<(), ProofError> {
        let max_age = i64::try_from(max_age).unwrap_or(i64::MAX);
        if self.age(now) <= max_age {
            Ok(())
        } else {
            Err(ProofError::TooOld)
        }
    }

    /// # Errors
    /// [`ProofError::NoSecondFactor`] unless `amr` names one.
    pub fn check_second_factor(&self) -> Result<(), ProofError> {
        if self.amr.iter().any(|method| method == "mfa") {
            Ok(())
        } else {
            Err(ProofError::NoSecondFactor)
        }
    }
}

/// The rule that every pair must satisfy, at the offer, at the preview and at the confirmation: both addresses verified, and equal under the ASCII fold.
///
/// # Errors
/// [`ProofError::Unverified`], [`ProofError::EmailDiffers`].
pub fn same_verified_email(left: &User, right: &User) -> Result<(), ProofError> {
    let fold = |user: &User| user.email.as_deref().filter(|_| user.email_verified).map(email_fold);
    match (fold(left), fold(right)) {
        (Some(left), Some(right)) if left == right => Ok(()),
        (Some(_), Some(_)) => Err(ProofError::EmailDiffers),
        _ => Err(ProofError::Unverified),
    }
}

#[cfg(test)]
mod tests;

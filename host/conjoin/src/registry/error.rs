//! Every way in which a request to the registry changes nothing.

use conjoin_engine::{Rejection, RejectionReason};

use crate::policies::LoadError;
use crate::signing::SignatureError;
use crate::store::{MOST_SIGNATURES, StoreError, VersionState};

/// Why nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The configuration fixes the tenant's policy.
    #[error("this tenant's policy is fixed by the host's configuration; take `policy` out of it to activate by upload")]
    Fixed,
    /// There is none.
    #[error("there is no such version, activation or proposal")]
    NotFound,
    /// The engine does not run it.
    #[error("the component was refused: {0}")]
    Rejected(Box<Rejection>),
    /// It was not found good.
    #[error("the version is `{}`: only one whose cases are met and that passed the conformance set can be activated", .0.name())]
    NotChecked(VersionState),
    /// None of those who may sign for the tenant signed it.
    #[error(
        "the version cannot decide here: {}; have one of this tenant's `policy_signers` sign it (`minisign -Sm policy.wasm`), and upload it again with the signature",
        .0.as_ref().map_or_else(|| "it is not signed".to_owned(), ToString::to_string)
    )]
    NotSigned(Option<SignatureError>),
    /// What came with an upload is no signature of it that counts.
    #[error("{0}; nothing was uploaded")]
    Signature(SignatureError),
    /// A signature where none is needed.
    #[error(
        "this tenant has no `policy_signers`, so no signature can be verified: upload without one (`--no-signature`), or have them configured; nothing was uploaded"
    )]
    NoSigners,
    /// More keys signed it than are kept.
    #[error(
        "this version has {MOST_SIGNATURES} signatures by other keys, and no more are kept; change something in it, its own version for instance, so that it is another one, and have that signed; nothing was uploaded"
    )]
    TooManySignatures,
    /// It was taken back.
    #[error("the version was revoked; a revoked version stays so")]
    Revoked,
    /// It was revoked, or uploaded anew, while it was being activated.
    #[error("the version cannot be activated any more: it was revoked or uploaded anew meanwhile; nothing was changed")]
    NotUsable,
    /// The settings are not what it takes.
    #[error("{0}")]
    Settings(String),
    /// Something else was activated meanwhile.
    #[error("something was activated meanwhile: the number is {0} now; look at it, and try again with that number")]
    Changed(i64),
    /// Nothing to go back to.
    #[error("there is nothing to go back to")]
    NothingBefore,
    /// Whoever proposed it cannot agree to it too.
    #[error(
        "whoever proposed an activation cannot approve it; another person has to, with a token or an account of their own"
    )]
    SamePerson,
    /// Others are at it.
    #[error("this host is busy with other uploads or trials; try again in a minute")]
    Busy,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What cannot happen, and did.
    #[error("{0}")]
    Internal(String),
}

impl RegistryError {
    /// Whether it stays so however often it is tried: the version is not there, or is none, or may not decide.
    pub(super) fn is_lasting(&self) -> bool {
        match self {
            Self::NotFound | Self::Revoked | Self::NotChecked(_) | Self::NotSigned(_) | Self::Settings(_) => true,
            Self::Rejected(rejection) => rejection.reason() != RejectionReason::CompileUnavailable,
            Self::Store(error) => error.is_lasting(),
            _ => false,
        }
    }
}

impl From<LoadError> for RegistryError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Rejected(rejection) => Self::Rejected(rejection),
            LoadError::Stopped(problem) => Self::Internal(problem),
        }
    }
}

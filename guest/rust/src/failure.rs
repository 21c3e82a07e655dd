//! Why a hook gives no answer.

use crate::patch::MOST_OPERATIONS;
use crate::{Failure, Refusal};

impl Failure {
    /// The policy decided against it. `code` is for machines (`[a-z0-9_-]{1,64}`), `message` for the person: plain text,
    /// cut at 300 characters, shown only once both accounts are proven.
    #[must_use]
    pub fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::Refused(Refusal {
            code: code.to_owned(),
            message: message.into(),
        })
    }

    pub(crate) fn too_many_operations() -> Self {
        Self::broken(format!(
            "the plan needs more than {MOST_OPERATIONS} operations for one bag"
        ))
    }

    /// The policy broke. For the tenant's log: no metadata values in it.
    #[must_use]
    pub fn broken(text: impl Into<String>) -> Self {
        Self::Broken(text.into())
    }
}

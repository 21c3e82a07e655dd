//! What the host's own functions answer to end a call. They travel through wasmtime as errors and are told apart by type.

/// A reason of the host's own to end a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    #[error("the memories together exceed their limit")]
    Memory,
    #[error("the tables together exceed their limit")]
    Table,
    #[error("the policy waited for a clock")]
    Waited,
    #[error("the policy called exit")]
    Exited,
    #[error("an import was used outside its rules: {0}")]
    Misused(&'static str),
}

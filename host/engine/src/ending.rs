//! How a decision ends when it gives no answer.

use std::fmt;

use crate::contract::Refusal;

/// How a decision ended without an answer. In every case nothing may be linked.
///
/// No variant is chosen by the text of an error; the texts carried here are for the tenant's log only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Ending {
    /// The policy decided against it.
    #[error("the policy refused: {}", .0.code)]
    Refused(Refusal),
    /// The policy's library caught an error of the policy; the text is the policy's, for the tenant's log.
    #[error("the policy broke: {0}")]
    Broken(String),
    /// The fuel is spent. Deterministic: the same input ends the same way.
    #[error("the policy used more than its fuel; it loops, or the limit is too low for this input")]
    BudgetExceeded,
    /// The wall clock ran out first: a busy host, or a fuel limit too high for the deadline.
    #[error("the policy did not answer before its deadline")]
    DeadlineExceeded,
    /// All memories together grew past the limit, at instantiation or later.
    #[error("the policy used more than its memory")]
    MemoryExceeded,
    /// All tables together grew past the limit, at instantiation or later.
    #[error("the policy used more than its table elements")]
    TableExceeded,
    /// The answer is larger than the limit.
    #[error("the policy's answer is too large")]
    OutputTooLarge,
    /// The answer is not what the contract's types can hold: text that is not UTF-8, a pointer out of bounds.
    #[error("the policy's answer is malformed: {0}")]
    Malformed(String),
    /// The guest trapped: a panic, an abort, a bad memory access, too deep a recursion.
    #[error("the policy trapped: {0}")]
    Trapped(TrapKind),
    /// It waited for a clock. Policies answer at once.
    #[error("the policy waited for a clock; policies answer at once")]
    Waited,
    /// It called `exit`.
    #[error("the policy called exit; answer with a refusal instead")]
    Exited,
    /// It used an import outside that import's rules: a text that is not UTF-8, more than one call may carry.
    #[error("the policy misused an import: {0}")]
    Misused(String),
    /// The component's types are not the contract's.
    #[error("the component does not match the contract: {0}")]
    ContractMismatch(String),
    /// The host's own fault: an event whose `now` or `seed` is ill-formed, a system without memory.
    #[error("the engine failed: {0}")]
    Internal(String),
}

/// What kind of trap it was.
///
/// The kind says little about the cause: a Rust panic, a JavaScript exception that nobody caught and `abort()` are all [`Unreachable`](Self::Unreachable).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrapKind {
    /// `unreachable`: a panic or an abort.
    Unreachable,
    /// Recursion past the stack that wasmtime gives. A Rust guest that recurses too deep may end as [`Self::MemoryOutOfBounds`].
    StackOverflow,
    /// A load or store outside the memory.
    MemoryOutOfBounds,
    /// An access outside a table, a call of an empty element or of another signature.
    BadIndirectCall,
    /// Division by zero, or a number that does not fit.
    Arithmetic,
    /// Something rarer.
    Other,
}

impl Ending {
    /// The ending's name in records, metrics and the `policy run` protocol. Stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Broken(_) => "broken",
            Self::BudgetExceeded => "budget-exceeded",
            Self::DeadlineExceeded => "deadline-exceeded",
            Self::MemoryExceeded => "memory-exceeded",
            Self::TableExceeded => "table-exceeded",
            Self::OutputTooLarge => "output-too-large",
            Self::Malformed(_) => "malformed",
            Self::Trapped(_) => "trapped",
            Self::Waited => "waited",
            Self::Exited => "exited",
            Self::Misused(_) => "misused",
            Self::ContractMismatch(_) => "contract-mismatch",
            Self::Internal(_) => "internal",
        }
    }

    /// Whether the same component, input and limits end this way again. False where the clock or the host decided.
    pub fn replayable(&self) -> bool {
        !matches!(self, Self::DeadlineExceeded | Self::Internal(_))
    }
}

impl fmt::Display for TrapKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unreachable => "it panicked or aborted",
            Self::StackOverflow => "it recursed too deep",
            Self::MemoryOutOfBounds => "it accessed memory out of bounds, perhaps by recursing too deep",
            Self::BadIndirectCall => "it called a function that is not there",
            Self::Arithmetic => "it divided by zero or overflowed",
            Self::Other => "it broke a rule of WebAssembly",
        })
    }
}

//! Why a case is no case.

use std::path::PathBuf;

/// A case that cannot be read. Says what is wrong with the text; values are the case author's own.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The text is no JSON object.
    #[error("not a case: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A key is unknown, not there, or of the wrong type. Says where it is: `expect.result.user_metadata`.
    #[error("not a case: {0}")]
    Key(#[from] serde_path_to_error::Error<serde_json::Error>),
    /// A key that the hook needs is not there.
    #[error("the hook `{hook}` needs the key `{key}`")]
    Missing {
        /// The case's hook.
        hook: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A key that belongs to the other hook.
    #[error("the hook `{hook}` takes no key `{key}`")]
    Superfluous {
        /// The case's hook.
        hook: &'static str,
        /// The key.
        key: &'static str,
    },
    /// `expect` says nothing, or two things.
    #[error("`expect` must hold exactly one of `result`, `suggestions`, `refused` and `ended`")]
    Expectation,
    /// `expect` says what the hook never answers.
    #[error("the hook `{hook}` never answers `{answer}`")]
    WrongAnswer {
        /// The case's hook.
        hook: &'static str,
        /// The key of `expect`.
        answer: &'static str,
    },
}

/// A folder of cases cannot be read. What is wrong with one file's text is that case's own failure.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder or a file in it.
    #[error("cannot read {}: {error}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Nothing ends with `.json`: it would prove nothing.
    #[error("{} holds no case: a case is a file that ends with .json", .0.display())]
    Empty(PathBuf),
    /// More than [`MAX_CASES`](crate::MAX_CASES).
    #[error("{} holds more than {} cases", .0.display(), crate::MAX_CASES)]
    TooMany(PathBuf),
    /// Larger than [`MAX_FILE_BYTES`](crate::MAX_FILE_BYTES).
    #[error("{} is larger than {} bytes", .0.display(), crate::MAX_FILE_BYTES)]
    TooLarge(PathBuf),
}

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// An Action, bound to the post-login trigger. It runs in Node.js (`node` on the search path), with all rights of whoever started the tenant.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostLoginAction {
    /// CommonJS with `exports.onExecutePostLogin` and, where it redirects, `exports.onContinuePostLogin`; relative to the configuration file, and read anew at each run.
    pub file: PathBuf,
    /// `event.secrets`.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
}

impl fmt::Debug for PostLoginAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PostLoginAction")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

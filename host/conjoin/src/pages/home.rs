//! The page for someone who is not signed in, and the one for someone who wants to leave.

use askama::Template;

use super::Shell;

/// `/` for someone who is not signed in: what this is, and the way in.
#[derive(Template)]
#[template(path = "home.html")]
pub struct Home<'a> {
    /// Around it.
    pub shell: Shell<'a>,
}

/// `GET /logout`: the button that acts. A link alone must not sign anyone out.
#[derive(Template)]
#[template(path = "log_out.html")]
pub struct LogOut<'a> {
    /// Around it.
    pub shell: Shell<'a>,
}

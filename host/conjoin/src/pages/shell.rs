//! What every page has around its own content.

/// Common to every page.
#[derive(Clone, Copy)]
pub struct Shell<'a> {
    /// What to call the person who is signed in, their e-mail address for instance.
    pub signed_in: Option<&'a str>,
    /// Put into every form. The log-out page needs one too, so a session without a person has one as well; empty where no form is shown.
    pub csrf_token: &'a str,
    /// Whether the tenant is simulated: pages say so.
    pub dev: bool,
}

/// A line above a page's content: what has just happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How it is coloured and announced.
    pub tone: Tone,
    /// Plain text, escaped.
    pub text: String,
}

/// How serious a [`Notice`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Good to know.
    Info,
    /// Read this before you go on.
    Warning,
}

impl Notice {
    /// Something good to know.
    pub fn info(text: impl Into<String>) -> Self {
        Self {
            tone: Tone::Info,
            text: text.into(),
        }
    }

    /// Something to read before going on.
    pub fn warning(text: impl Into<String>) -> Self {
        Self {
            tone: Tone::Warning,
            text: text.into(),
        }
    }

    /// For a review that replaces the one that was confirmed.
    pub fn changed() -> Self {
        Self::warning(
            "Something changed since you last looked at this page, so nothing was done. Below is what would happen now. Please look at it again.",
        )
    }
}

impl Tone {
    /// The value of `data-tone`, and the style class.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
        }
    }
}

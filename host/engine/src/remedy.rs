//! What a policy author does about a refusal, in the words of their toolchain.

/// For a component whose compiling costs too much.
pub(crate) const SMALLER_REMEDY: &str = "build it optimised, leave out dependencies that a policy does not need, and split very long functions; on a busy host, try again later";

/// For what no component should be able to cause.
pub(crate) const UNEXPECTED_REMEDY: &str = "build it again with a current toolchain; if it happens again, report the component: nothing a policy holds should cause this, and the host is unharmed";

/// For what is the host's own fault.
pub(crate) const HOST_REMEDY: &str = "nothing is wrong with the component as far as is known; whoever runs the host looks at its log, processes and memory";

/// Which toolchain built a component, as far as its `producers` sections tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Toolchain {
    Rust,
    JavaScript,
    Python,
    #[default]
    Unknown,
}

impl Toolchain {
    /// Learns from one entry of a `producers` section. The interpreters are themselves written in Rust and C, so their names outrank those languages.
    pub(crate) fn learn(&mut self, producer: &str) {
        let producer = producer.to_ascii_lowercase();
        let named = |names: &[&str]| names.iter().any(|name| producer.contains(name));
        if named(&["componentize-py", "cpython"]) {
            *self = Self::Python;
        } else if *self != Self::Python
            && named(&["quickjs", "componentize-js", "componentize-qjs", "spidermonkey", "jco"])
        {
            *self = Self::JavaScript;
        } else if *self == Self::Unknown && named(&["rust"]) {
            *self = Self::Rust;
        }
    }

    /// Learns from an export that a toolchain adds of its own: `componentize-qjs` names only Rust as its producer.
    pub(crate) fn learn_export(&mut self, name: &str) {
        match name {
            "init" => *self = Self::JavaScript,
            "exports" => *self = Self::Python,
            _ => {}
        }
    }

    /// One language's text, or all three where the language is unknown.
    fn pick(self, rust: &str, javascript: &str, python: &str) -> String {
        match self {
            Self::Rust => rust.to_owned(),
            Self::JavaScript => javascript.to_owned(),
            Self::Python => python.to_owned(),
            Self::Unknown => format!("Rust: {rust}. JavaScript: {javascript}. Python: {python}"),
        }
    }
}

/// For an import that belongs to WASI but not to its virtual part: files, sockets, HTTP.
pub(crate) fn wasi_remedy(toolchain: Toolchain, import: &str) -> String {
    let instead = if import.starts_with("wasi:filesystem") {
        "take what the policy needs from `event.settings`"
    } else {
        "a policy decides from its arguments alone"
    };
    toolchain.pick(
        &format!(
            "remove the call of the standard library or of the crate that needs it (`std::fs`, `std::net`); {instead}"
        ),
        &format!("build with componentize-qjs and its WASI imports stubbed, and use no `fetch`; {instead}"),
        &format!("build with `componentize-py componentize --stub-wasi`, and open no files or connections; {instead}"),
    )
}

/// For an import that no policy may have.
pub(crate) fn import_remedy(toolchain: Toolchain) -> String {
    toolchain.pick(
        "remove the crate or the binding that declares this import; the world must be `conjoin:policy/policy`",
        "name only the world `conjoin:policy/policy` when building, and import nothing else",
        "name only the world `conjoin:policy/policy` when building, and import nothing else",
    )
}

/// For a hook that is not exported.
pub(crate) fn export_remedy(toolchain: Toolchain) -> String {
    toolchain.pick(
        "build a `cdylib` for `wasm32-wasip2` and export the policy with `conjoin_guest::export!`",
        "build with the world `conjoin:policy/policy` and the guest library of this host",
        "build with the world `conjoin:policy/policy` and the guest library of this host",
    )
}

/// For a type that differs from the contract's.
pub(crate) fn type_remedy(toolchain: Toolchain) -> String {
    let all = "in the version that belongs to this host, unchanged, and rebuild";
    toolchain.pick(
        &format!("use the contract's package (crate `conjoin-guest`) {all}"),
        &format!("use the contract's WIT files and guest library {all}"),
        &format!("use the contract's WIT files and guest library {all}"),
    )
}

/// For a `describe` that gave no answer.
pub(crate) fn describe_remedy(toolchain: Toolchain) -> String {
    toolchain.pick(
        "make `describe` answer constants; it gets no event and a fresh instance",
        "make `describe` answer constants, and build with the guest library, which reports exceptions instead of trapping",
        "make `describe` answer constants, and build with the guest library, which reports exceptions instead of trapping",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_outranks_the_language_it_is_written_in() {
        let mut toolchain = Toolchain::default();
        for producer in ["rustc", "Rust", "componentize-py", "wit-component"] {
            toolchain.learn(producer);
        }
        assert_eq!(toolchain, Toolchain::Python);
    }

    #[test]
    fn an_export_of_its_own_gives_a_toolchain_away() {
        let mut toolchain = Toolchain::Rust;
        toolchain.learn_export("conjoin:policy/hooks@1.0.0");
        assert_eq!(toolchain, Toolchain::Rust);
        toolchain.learn_export("init");
        assert_eq!(toolchain, Toolchain::JavaScript);
    }

    #[test]
    fn an_unknown_toolchain_is_told_all_remedies() {
        let text = wasi_remedy(Toolchain::Unknown, "wasi:filesystem/types@0.2.6");
        for name in ["Rust:", "JavaScript:", "Python:", "event.settings"] {
            assert!(text.contains(name), "{text}");
        }
    }
}

//! What a project may be called: one rule for every language, so that a name that works in one works in all.

use std::str::FromStr;

/// The most characters: as many as the contract allows a policy's name.
const MAX_CHARACTERS: usize = 64;

/// Words that Rust or Python keep for themselves, and names that cargo or npm keep: no package can be called so in all three languages.
const RESERVED: &[&str] = &[
    // Rust, of every edition.
    "abstract",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    // Python, beside those.
    "and",
    "assert",
    "class",
    "def",
    "del",
    "elif",
    "except",
    "finally",
    "from",
    "global",
    "import",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "with",
    // Cargo's folders and Rust's own crates.
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "proc-macro",
    "std",
    "test",
    // npm's folder.
    "node-modules",
    // What the projects depend on: no package can depend on one of its own name.
    "conjoin-cases",
    "conjoin-guest",
    "pytest",
    "serde",
];

/// A name that is a package's in Rust, JavaScript and Python, and a policy's in the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// Why it is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Other characters, or in another order.
    #[error(
        "a policy's name is a-z, 0-9 and single hyphens between them, beginning with a letter, such as `keep-plans`"
    )]
    Form,
    /// Too long.
    #[error("a policy's name has at most {MAX_CHARACTERS} characters")]
    Long,
    /// A word that one of the languages keeps for itself.
    #[error("`{0}` means something else in one of the languages; add a word, such as `{0}-policy`")]
    Reserved(String),
}

impl Name {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
        if !text.starts_with(|first: char| first.is_ascii_lowercase()) || !text.split('-').all(is_word) {
            return Err(InvalidName::Form);
        }
        if text.len() > MAX_CHARACTERS {
            return Err(InvalidName::Long);
        }
        if RESERVED.contains(&text) {
            return Err(InvalidName::Reserved(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_package_name_in_every_language() {
        for name in ["a", "keep-plans", "v2", "by-field-2", &"x".repeat(64)] {
            assert_eq!(name.parse::<Name>().unwrap().as_str(), name);
        }
        let ill_formed = [
            "",
            "-",
            "a-",
            "-a",
            "a--b",
            "2fast",
            "Keep",
            "keep_plans",
            "keep plans",
            "é",
            "a/b",
            "..",
            "@me/a",
            "a.b",
            "a\n",
        ];
        for name in ill_formed {
            assert_eq!(name.parse::<Name>(), Err(InvalidName::Form), "{name}");
        }
        assert_eq!("x".repeat(65).parse::<Name>(), Err(InvalidName::Long));
        for name in ["fn", "class", "test", "conjoin-guest"] {
            assert_eq!(name.parse::<Name>(), Err(InvalidName::Reserved(name.to_owned())));
        }
    }
}

//! The projects that `conjoin policy new` makes, as files: a policy that builds and passes its cases, and the guest library beside it.
//!
//! The templates lie in folders beside this crate, as real projects that lack only their library, and the cases and settings that they share in
//! `shared`. Their name is [`NAME`] wherever they state it. Nothing here writes files.

/// A language that policies are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust, compiled to WebAssembly.
    Rust,
    /// JavaScript or TypeScript, in QuickJS.
    JavaScript,
    /// Python, in CPython.
    Python,
}

/// A file of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Within the project, with `/`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// What the templates are called until somebody names theirs.
pub const NAME: &str = "my-policy";

include!(concat!(env!("OUT_DIR"), "/files.rs"));

impl Language {
    /// Every file of a project in this language, with [`NAME`] where the project's name goes.
    #[must_use]
    pub const fn files(self) -> &'static [File] {
        match self {
            Self::Rust => RUST,
            Self::JavaScript => JS,
            Self::Python => PYTHON,
        }
    }
}

impl File {
    /// Whether it belongs to the guest library: that is never changed.
    #[must_use]
    pub fn is_vendored(&self) -> bool {
        self.path.starts_with("vendor/")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const LANGUAGES: [Language; 3] = [Language::Rust, Language::JavaScript, Language::Python];

    fn paths(language: Language) -> BTreeSet<&'static str> {
        language.files().iter().map(|file| file.path).collect()
    }

    #[test]
    fn every_project_has_a_policy_its_cases_and_the_contract() {
        let own = [
            ["src/lib.rs", "Cargo.toml", "vendor/wit/policy.wit"],
            ["policy.js", "package.json", "vendor/conjoin-guest/wit/policy.wit"],
            [
                "policy.py",
                "requirements.txt",
                "vendor/conjoin-guest/src/conjoin_guest/policy.wit",
            ],
        ];
        for (language, own) in LANGUAGES.into_iter().zip(own) {
            let paths = paths(language);
            assert_eq!(
                paths.len(),
                language.files().len(),
                "{language:?}: a path is there twice"
            );
            let shared = [
                "README.md",
                ".gitignore",
                "settings.schema.json",
                "cases/roles-never-add-up.json",
            ];
            for path in own.iter().chain(&shared) {
                assert!(paths.contains(path), "{language:?} has no {path}");
            }
        }
    }

    #[test]
    fn nothing_that_tools_leave_behind_and_no_tests_of_the_library_are_in_them() {
        for language in LANGUAGES {
            for path in paths(language) {
                let vendored_test =
                    path.starts_with("vendor/") && (path.contains("/test/") || path.contains("/tests/"));
                let left = path.contains("node_modules") || path.contains("__pycache__");
                assert!(!vendored_test && !left, "{language:?}: {path}");
            }
        }
    }

    #[test]
    fn npm_would_publish_the_same_files() {
        let manifest = JS
            .iter()
            .find(|file| file.path == "vendor/conjoin-guest/package.json")
            .unwrap();
        // Of npm's own accord; the manifest's `files` has the rest.
        let always = ["package.json", "README.md", "LICENSE"];
        let vendored = JS
            .iter()
            .filter_map(|file| file.path.strip_prefix("vendor/conjoin-guest/"));
        let names: BTreeSet<_> = vendored.filter_map(|path| path.split('/').next()).collect();
        for name in names {
            let published = manifest.text.contains(&format!("\"{name}\"")) || always.contains(&name);
            assert!(published, "{name} is not among what npm publishes");
        }
    }
}

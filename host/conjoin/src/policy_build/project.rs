//! Which language a project is in.

use std::path::Path;

use conjoin_templates::Language;

use super::error::BuildError;

/// By the file that its tools look for. A `package.json` is asked last: projects of the other languages have one for their linters.
pub(super) fn language(folder: &Path) -> Result<Language, BuildError> {
    let has = |file: &str| folder.join(file).is_file();
    if has("Cargo.toml") {
        Ok(Language::Rust)
    } else if has("policy.py") && (has("requirements.txt") || has("pyproject.toml")) {
        Ok(Language::Python)
    } else if has("package.json") {
        Ok(Language::JavaScript)
    } else {
        Err(BuildError::NoPolicy(folder.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_which() {
        let cases: [(&[&str], Option<Language>); 6] = [
            (&["Cargo.toml", "package.json"], Some(Language::Rust)),
            (
                &["policy.py", "requirements.txt", "package.json"],
                Some(Language::Python),
            ),
            (&["policy.py", "pyproject.toml"], Some(Language::Python)),
            (&["package.json", "policy.py"], Some(Language::JavaScript)),
            (&["policy.py"], None),
            (&[], None),
        ];
        for (files, expected) in cases {
            let folder = tempfile::tempdir().unwrap();
            for file in files {
                std::fs::write(folder.path().join(file), "").unwrap();
            }
            assert_eq!(language(folder.path()).ok(), expected, "{files:?}");
        }
    }
}

//! The files of an npm package.

use std::borrow::Cow;

use conjoin_engine::Policy;
use serde_json::json;

/// The library around the transpiled code, the same for every policy.
const LIBRARY: [(&str, &str); 19] = [
    ("index.d.ts", include_str!("../../assets/node/index.d.ts")),
    ("index.js", include_str!("../../assets/node/index.js")),
    ("lib/account.js", include_str!("../../assets/node/lib/account.js")),
    ("lib/answer.js", include_str!("../../assets/node/lib/answer.js")),
    ("lib/bounds.js", include_str!("../../assets/node/lib/bounds.js")),
    ("lib/chance.js", include_str!("../../assets/node/lib/chance.js")),
    ("lib/ending.js", include_str!("../../assets/node/lib/ending.js")),
    (
        "lib/expectation.js",
        include_str!("../../assets/node/lib/expectation.js"),
    ),
    ("lib/instance.js", include_str!("../../assets/node/lib/instance.js")),
    // The rule for times is one for all languages.
    ("lib/instant.js", include_str!("../../../../guest/js/src/instant.js")),
    ("lib/json.js", include_str!("../../assets/node/lib/json.js")),
    // So is which keys an account has.
    ("lib/keys.js", include_str!("../../../../guest/js/src/cases/keys.js")),
    ("lib/log.js", include_str!("../../assets/node/lib/log.js")),
    ("lib/patch.js", include_str!("../../assets/node/lib/patch.js")),
    ("lib/pointer.js", include_str!("../../assets/node/lib/pointer.js")),
    ("lib/question.js", include_str!("../../assets/node/lib/question.js")),
    ("lib/setting.js", include_str!("../../assets/node/lib/setting.js")),
    ("lib/shape.js", include_str!("../../assets/node/lib/shape.js")),
    ("lib/wasi.js", include_str!("../../assets/node/lib/wasi.js")),
];

const README: &str = include_str!("../../assets/node/README.md");

/// Where the transpiled code goes.
const POLICY: &str = "policy";

/// A file's path within the package, and its content.
type File = (String, Cow<'static, [u8]>);

/// Every file.
pub(super) fn files(policy: &Policy, transpiled: Vec<(String, Vec<u8>)>) -> Vec<File> {
    let library = LIBRARY.map(|(path, text)| (path.to_owned(), text.as_bytes().into()));
    let mut files: Vec<File> = library.into();
    files.push(text(format!("{POLICY}/component.js"), component(policy, &transpiled)));
    let policy_files = transpiled.into_iter();
    files.extend(policy_files.map(|(name, content)| (format!("{POLICY}/{name}"), content.into())));
    files.push(text("package.json".to_owned(), manifest(policy)));
    let bytes = files.iter().map(|(_, content)| content.len()).sum();
    files.push(text("README.md".to_owned(), readme(policy, bytes)));
    files
}

fn text(path: String, text: String) -> File {
    (path, text.into_bytes().into())
}

/// What the library has to know of the component.
fn component(policy: &Policy, transpiled: &[(String, Vec<u8>)]) -> String {
    let modules: Vec<_> = transpiled
        .iter()
        .map(|(name, _)| name)
        .filter(|name| name.ends_with(".wasm"))
        .collect();
    let digest = policy.digest();
    format!(
        "// Which component this is, and the core modules that it consists of.\n\nexport const digest = \"{digest}\";\nexport const modules = {};\n",
        json!(modules)
    )
}

/// The name is the policy's, which is a package's in its form.
fn manifest(policy: &Policy) -> String {
    let description = policy.description();
    let manifest = json!({
        "name": description.name,
        "version": version(&description.version),
        "description": description.summary,
        // So that nobody publishes it by mistake. The README says when to take it out.
        "private": true,
        "type": "module",
        "engines": { "node": "^20.19.0 || >=22.12.0" },
        "exports": { ".": { "types": "./index.d.ts", "default": "./index.js" } },
        "types": "./index.d.ts",
        "files": ["index.js", "index.d.ts", "lib", POLICY],
        "sideEffects": false,
    });
    format!("{manifest:#}\n")
}

/// An author's version is free text; npm takes three numbers, with what may follow them.
fn version(text: &str) -> &str {
    let (numbers, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let is_number = |number: &str| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && (number == "0" || !number.starts_with('0'))
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
    if numbers.split('.').count() == 3 && numbers.split('.').all(is_number) && rest.bytes().all(is_plain) {
        text
    } else {
        "0.0.0"
    }
}

fn readme(policy: &Policy, bytes: usize) -> String {
    let description = policy.description();
    README
        .replace("@NAME@", &description.name)
        .replace("@SUMMARY@", &description.summary)
        .replace("@VERSION@", &description.version)
        .replace("@DIGEST@", &policy.digest().to_string())
        .replace("@SIZE@", &bytes.div_ceil(1000).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_npm_does_not_take_is_replaced() {
        for taken in ["0.1.0", "1.2.3-beta.1", "10.0.0+build"] {
            assert_eq!(version(taken), taken);
        }
        for other in ["", "1", "1.0", "01.0.0", "v1.0.0", "1.0.0 beta", "tuesday"] {
            assert_eq!(version(other), "0.0.0", "{other}");
        }
    }
}

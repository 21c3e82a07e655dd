//! Component files that are no policies, and versions of those that are.

use crate::bombs::beside;
use crate::wit_guest::{CONTRACT, contract_with, trapping};

/// What is wrong with a component, and what the report about it must say.
pub struct Unfit {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    /// The check that it fails.
    pub reason: &'static str,
    /// What the report names.
    pub item: &'static str,
    /// Why.
    pub problem: &'static str,
}

/// One for each kind of refusal.
pub fn unfit() -> Vec<Unfit> {
    let unfit = |name, bytes, reason, item, problem| Unfit {
        name,
        bytes,
        reason,
        item,
        problem,
    };
    let other_record = contract_with("logins-count: u32,", "logins-count: u64,");
    vec![
        unfit(
            "sockets",
            importing("wasi:sockets", "0.2.0", "tcp"),
            "contract-mismatch",
            "wasi:sockets/tcp@0.2.0",
            "no policy may import it",
        ),
        unfit(
            "files",
            importing("wasi:filesystem", "0.2.6", "types"),
            "contract-mismatch",
            "wasi:filesystem/types@0.2.6",
            "no policy may import it",
        ),
        unfit(
            "another record type",
            trapping(&other_record),
            "contract-mismatch",
            "logins-count",
            "the contract has u32, the component u64",
        ),
        unfit(
            "a text",
            b"exports.onExecuteMerge = async () => {}".to_vec(),
            "not-a-component",
            "",
            "",
        ),
        unfit(
            "a core module",
            wat::parse_str("(module)").unwrap(),
            "not-a-component",
            "",
            "",
        ),
        unfit("nothing", Vec::new(), "not-a-component", "", ""),
        unfit(
            "half a component",
            half(conjoin_policies::JOINED.component),
            "invalid",
            "",
            "",
        ),
        unfit(
            "a description that traps",
            trapping(CONTRACT),
            "describe-failed",
            "describe",
            "trapped",
        ),
        unfit(
            "an endless start function",
            beside("(func $spin (loop (br 0))) (start $spin)"),
            "describe-failed",
            "describe",
            "budget-exceeded",
        ),
        unfit(
            "a start function that grows the memory",
            beside("(func $grow (drop (memory.grow (i32.const 65000)))) (start $grow)"),
            "describe-failed",
            "describe",
            "memory-exceeded",
        ),
    ]
}

/// As a writer that was interrupted leaves it.
pub fn half(component: &[u8]) -> Vec<u8> {
    component[..component.len() / 2].to_vec()
}

/// The same policy under another digest: with a custom section, which says nothing.
pub fn version(component: &[u8], number: u8) -> Vec<u8> {
    let name = format!("version-{number:03}");
    let length = u8::try_from(name.len()).unwrap();
    [component, &[0, length + 1, length], name.as_bytes()].concat()
}

fn importing(package: &str, version: &str, interface: &str) -> Vec<u8> {
    let world = contract_with(
        "export hooks;",
        &format!("import {package}/{interface}@{version};\n  export hooks;"),
    );
    trapping(&format!(
        "{world}\npackage {package}@{version} {{ interface {interface} {{ f: func(); }} }}\n"
    ))
}

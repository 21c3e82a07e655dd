//! What is refused at load, by name, with what to do about it.

use conjoin_engine::{Engine, EngineConfig, Rejection, RejectionReason};

use crate::samples::{assert_healthy, engine};
use crate::wit_guest::{CONTRACT, contract_with, trapping};

fn refused(component: &[u8]) -> Rejection {
    let rejection = engine().load(component).unwrap_err();
    assert_healthy();
    rejection
}

/// Passing the gate is to come as far as `describe`, which traps in these components.
fn passes(wit: &str) {
    let rejection = refused(&trapping(wit));
    assert_eq!(rejection.reason(), RejectionReason::DescribeFailed, "{rejection}");
}

fn mismatch(wit: &str, item: &str, problem: &str) {
    let rejection = refused(&trapping(wit));
    assert_eq!(rejection.reason(), RejectionReason::ContractMismatch, "{rejection}");
    let named = rejection.findings().iter().find(|finding| finding.item.contains(item));
    let finding = named.unwrap_or_else(|| panic!("nothing about `{item}` in: {rejection}"));
    assert!(finding.problem.contains(problem), "{rejection}");
    assert!(!finding.remedy.is_empty());
}

fn importing(package: &str, interface: &str) -> String {
    let (name, version) = package.split_once('@').unwrap();
    let import = format!("import {name}/{interface}@{version};\n  export hooks;");
    let world = contract_with("export hooks;", &import);
    format!("{world}\npackage {package} {{ interface {interface} {{ f: func(); }} }}\n")
}

#[test]
fn the_contract_itself_passes() {
    passes(CONTRACT);
}

#[test]
fn a_later_release_of_the_same_track_passes() {
    passes(&contract_with("conjoin:policy@1.0.0", "conjoin:policy@1.0.7"));
}

#[test]
fn another_version_of_the_contract_is_refused() {
    let wit = contract_with("conjoin:policy@1.0.0", "conjoin:policy@2.0.0");
    mismatch(&wit, "conjoin:policy/hooks@2.0.0", "another version");
}

#[test]
fn a38_files_sockets_and_http_are_refused_by_name() {
    for (package, interface) in [
        ("wasi:filesystem@0.2.6", "types"),
        ("wasi:sockets@0.2.0", "tcp"),
        ("wasi:http@0.2.6", "outgoing-handler"),
        ("wasi:clocks@0.3.0", "system-clock"),
    ] {
        let (name, version) = package.split_once('@').unwrap();
        mismatch(
            &importing(package, interface),
            &format!("{name}/{interface}@{version}"),
            "no policy may import it",
        );
    }
    let rejection = refused(&trapping(&importing("wasi:filesystem@0.2.6", "types")));
    let remedy = &rejection.findings()[0].remedy;
    for toolchain in ["std::fs", "componentize-qjs", "--stub-wasi"] {
        assert!(remedy.contains(toolchain), "{remedy}");
    }
}

#[test]
fn a38_an_import_nobody_offers_is_refused_by_name() {
    mismatch(
        &importing("acme:secrets@1.0.0", "store"),
        "acme:secrets/store@1.0.0",
        "no such import",
    );
    let own = contract_with(
        "interface hooks {",
        "interface vault { open: func(); }\ninterface hooks {",
    );
    let own = own.replace("import host;", "import host;\n  import vault;");
    mismatch(&own, "conjoin:policy/vault", "no such import");
}

#[test]
fn a_function_that_wasi_does_not_have_is_refused() {
    mismatch(
        &importing("wasi:random@0.2.6", "random"),
        "component",
        "wasi:random/random",
    );
}

#[test]
fn a_missing_export_is_named() {
    mismatch(
        &contract_with("export hooks;", ""),
        "conjoin:policy/hooks",
        "does not export",
    );
}

#[test]
fn a_missing_hook_is_named() {
    let line = "  merge: func(event: event, primary: account, secondary: account) -> result<plan, failure>;";
    mismatch(&contract_with(line, ""), "hooks@1.0.0: merge", "the component does not");
}

#[test]
fn one_more_field_is_found_and_named() {
    let wit = contract_with(
        "transaction-id: string,",
        "transaction-id: string,\n    locale: string,",
    );
    mismatch(&wit, "merge(event)", "`locale`");
}

#[test]
fn a_field_of_another_type_is_found_and_named() {
    let wit = contract_with("logins-count: u32,", "logins-count: u64,");
    mismatch(
        &wit,
        "merge(primary).logins-count",
        "the contract has u32, the component u64",
    );
}

#[test]
fn another_case_of_a_variant_and_of_an_enum_are_found() {
    mismatch(
        &contract_with("broken(string),", "broken(string),\n    gone,"),
        "merge -> error",
        "`gone`",
    );
    mismatch(
        &contract_with("enum side { current, found }", "enum side { found, current }"),
        "primary",
        "another order",
    );
}

#[test]
fn a_function_of_another_signature_is_found() {
    let from = "merge: func(event: event, primary: account, secondary: account)";
    let wit = contract_with(
        from,
        "merge: func(event: event, primary: account, secondary: list<account>)",
    );
    mismatch(
        &wit,
        "merge(secondary)",
        "the contract has a record, the component a list",
    );
    let wit = contract_with(from, "merge: func(event: event, primary: account, other: account)");
    mismatch(&wit, "hooks@1.0.0: merge", "`other`");
    mismatch(
        &contract_with("describe: func() -> description;", "describe: func();"),
        "describe",
        "none",
    );
}

#[test]
fn every_difference_is_in_one_report() {
    let wit = importing("wasi:sockets@0.2.0", "tcp").replace("logins-count: u32,", "logins-count: s32,");
    let rejection = refused(&trapping(&wit));
    let items: Vec<&str> = rejection
        .findings()
        .iter()
        .map(|finding| finding.item.as_str())
        .collect();
    assert!(items.iter().any(|item| item.contains("sockets")), "{items:?}");
    assert!(items.iter().any(|item| item.contains("logins-count")), "{items:?}");
    let json = serde_json::to_value(&rejection).unwrap();
    assert_eq!(json["reason"], "contract-mismatch");
    assert_eq!(json["findings"].as_array().unwrap().len(), rejection.findings().len());
}

#[test]
fn exports_that_toolchains_add_are_ignored_and_others_are_not() {
    passes(&contract_with("export hooks;", "export hooks;\n  export init: func();"));
    passes(&contract_with(
        "export hooks;",
        "export hooks;\n  export exports: interface { f: func(); }",
    ));
    mismatch(
        &contract_with("export hooks;", "export hooks;\n  export run: func();"),
        "run",
        "no such export",
    );
}

#[test]
fn what_is_no_component_is_refused_with_a_hint() {
    for (bytes, hint) in [
        (wat::parse_str("(module)").unwrap(), "wasm32-wasip2"),
        (b"(component)".to_vec(), "binary"),
        (Vec::new(), "binary"),
        (vec![0; 10_000], "binary"),
    ] {
        let rejection = refused(&bytes);
        assert_eq!(rejection.reason(), RejectionReason::NotAComponent);
        assert!(rejection.to_string().contains(hint), "{rejection}");
    }
}

#[test]
fn an_empty_component_lacks_the_hooks() {
    let rejection = refused(&wat::parse_str("(component)").unwrap());
    assert_eq!(rejection.reason(), RejectionReason::ContractMismatch);
}

#[test]
fn a_truncated_component_is_refused_wherever_it_is_cut() {
    let whole = trapping(CONTRACT);
    for length in (0..whole.len()).step_by(97) {
        engine().load(&whole[..length]).unwrap_err();
    }
}

#[test]
fn a_component_with_a_flipped_bit_is_refused_or_runs_and_never_panics() {
    let whole = trapping(CONTRACT);
    for position in (8..whole.len()).step_by(61) {
        let mut bent = whole.clone();
        bent[position] ^= 1 << (position % 8);
        if let Err(rejection) = engine().load(&bent) {
            assert!(!rejection.findings().is_empty());
        }
    }
    assert_healthy();
}

#[test]
fn a_component_above_the_size_limit_is_refused_before_it_is_read() {
    let engine = Engine::new(EngineConfig::default().slots(1).max_component_bytes(1 << 10)).unwrap();
    let rejection = engine.load(&trapping(CONTRACT)).unwrap_err();
    assert_eq!(rejection.reason(), RejectionReason::TooLarge);
}

//! The scan on components that would cost too much.

use std::fmt::Write as _;

use super::*;

fn outcome(component: &str) -> Result<Outline, Rejection> {
    scan(&wat::parse_str(component).unwrap(), &EngineConfig::default())
}

fn refused(component: &str, item: &str) {
    let rejection = outcome(component).unwrap_err();
    assert_eq!(rejection.reason(), RejectionReason::Excessive, "{rejection}");
    assert_eq!(rejection.findings()[0].item, item);
}

fn modules(count: usize, fields: &str) -> String {
    format!("(component {})", format!("(core module {fields})").repeat(count))
}

fn function(body: &str) -> String {
    format!("(component (core module (func {body})))")
}

#[test]
fn a_small_component_passes_and_is_outlined() {
    let outline = outcome(
        r#"(component
            (import "acme:store/vault@1.2.0" (instance))
            (component (import "inner" (func)))
            (core module (memory 1) (func))
            (instance $empty) (export "acme:gate/hooks@1.0.0" (instance $empty)))"#,
    )
    .unwrap();
    assert_eq!(outline.imports, ["acme:store/vault@1.2.0"]);
    assert_eq!(outline.exports, ["acme:gate/hooks@1.0.0"]);
}

#[test]
fn many_modules_with_wide_images_are_refused() {
    refused(
        &modules(
            100,
            r#"(memory 256) (data (i32.const 0) "x") (data (i32.const 16777215) "x")"#,
        ),
        "bytes from the first to the last byte of data",
    );
    refused(&modules(20, ""), "core modules");
}

#[test]
fn memories_are_counted_and_measured() {
    refused(
        "(component (core module (memory 1) (memory 1)))",
        "memories in one core module",
    );
    refused(&modules(5, "(memory 1)"), "memories");
    refused(
        "(component (core module (memory 65536)))",
        "bytes of one memory at the start",
    );
}

#[test]
fn tables_are_counted_and_measured() {
    refused(
        &format!("(component (core module {}))", "(table 1 funcref)".repeat(33)),
        "tables",
    );
    refused(
        "(component (core module (table 50000 funcref)))",
        "elements of one table at the start",
    );
}

#[test]
fn functions_are_counted_and_measured() {
    refused(
        &format!("(component (core module {}))", "(func)".repeat(10_001)),
        "functions",
    );
    refused(
        &function(&"(drop (i32.const 1))".repeat(100_000)),
        "bytes of one function",
    );
    refused(
        &function(&format!("(local {})", "i32 ".repeat(4_001))),
        "locals of one function",
    );
    refused(
        &function(&format!("{}{}", "(block ".repeat(1_001), ")".repeat(1_001))),
        "nested blocks of one function",
    );
    let branches = format!(
        "(local {}) {}",
        "i32 ".repeat(200),
        "(if (local.get 0) (then))".repeat(20_000)
    );
    refused(&function(&branches), "branches times locals of one function");
}

#[test]
fn many_costly_functions_are_refused_together() {
    let one = format!(
        "(func (local {}) {})",
        "i32 ".repeat(500),
        "(if (local.get 0) (then))".repeat(5_000)
    );
    refused(
        &format!("(component (core module {}))", one.repeat(13)),
        "branches times locals of all functions",
    );
}

#[test]
fn instances_are_counted_as_often_as_they_unroll() {
    let many = format!(
        "(component (core module $m (memory 1)) {})",
        "(core instance (instantiate $m))".repeat(500)
    );
    refused(&many, "instances");
    let mut doubling = String::from("(component (component $c0)");
    for level in 1..12 {
        let before = level - 1;
        write!(doubling, "(component $c{level} (alias outer 1 $c{before} (component $d)) (instance (instantiate $d)) (instance (instantiate $d)))").unwrap();
    }
    doubling.push(')');
    refused(&doubling, "instances");
    let side_by_side = "(component $c (core module $m) (core instance (instantiate $m)))(instance (instantiate $c))";
    outcome(&format!(
        "(component (component {side_by_side}) (component {side_by_side}) (component {side_by_side}))"
    ))
    .unwrap();
}

#[test]
fn a_component_that_comes_as_an_argument_cannot_be_counted_and_is_not_instantiated() {
    refused(
        r#"(component (component (import "c" (component $c)) (instance (instantiate $c))))"#,
        "instances",
    );
}

#[test]
fn components_within_components_are_counted() {
    refused(
        &format!("{}{}", "(component ".repeat(5), ")".repeat(5)),
        "nested components",
    );
}

#[test]
fn items_are_counted() {
    refused(
        &format!("(component {})", "(type (list u8))".repeat(5_001)),
        "imports, exports, types and aliases",
    );
}

#[test]
fn bytes_that_end_early_are_invalid() {
    let whole = wat::parse_str("(component (core module (func)))").unwrap();
    let rejection = scan(&whole[..whole.len() - 3], &EngineConfig::default()).unwrap_err();
    assert_eq!(rejection.reason(), RejectionReason::Invalid);
}

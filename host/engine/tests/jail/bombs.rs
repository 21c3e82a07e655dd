//! Components made to hurt a compiler. With wasmtime's defaults one of 5 KB makes 1.4 GiB of code. Included by path from every crate whose tests need them.

use crate::wit_guest::{CONTRACT, around, trapping};

/// A component that must be refused, and the codes of the checks that may find it: the scan, the contract, the child's limits or its one call.
pub struct Bomb {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub reasons: &'static [&'static str],
}

pub fn bombs() -> Vec<Bomb> {
    let bomb = |name, bytes, reasons| Bomb { name, bytes, reasons };
    let exported: String = (0..20_000).map(|n| format!(r#"(func (export "f{n}"))"#)).collect();
    let instances = "(core instance (instantiate $m))".repeat(500);
    let deep = format!("(func {}{})", "(block ".repeat(900), ")".repeat(900));
    vec![
        bomb("20 modules with wide images", wide_images(20), &["excessive"]),
        bomb("100 modules with wide images", wide_images(100), &["excessive"]),
        bomb(
            "20,000 branches over 200 locals",
            beside(&branches(20_000, 200)),
            &["excessive"],
        ),
        bomb(
            "20,000 exported functions",
            text(&format!("(component (core module {exported}))")),
            &["excessive"],
        ),
        bomb(
            "500 instances",
            text(&format!("(component (core module $m (memory 1)) {instances})")),
            &["excessive"],
        ),
        bomb(
            "a table of a million",
            beside("(table 1000000 funcref)"),
            &["excessive"],
        ),
        // All that the scan lets through of the kind that costs most: what ends it is the child's own limits.
        bomb(
            "ten costly functions",
            admitted(10),
            &["compile-memory", "compile-time", "compile-deadline"],
        ),
        bomb("deep blocks", beside(&deep), &["describe-failed"]),
        bomb(
            "a start function without end",
            beside("(func $s (loop (br 0))) (start $s)"),
            &["describe-failed"],
        ),
        bomb(
            "a start function that takes memory",
            beside("(func $s (drop (memory.grow (i32.const 65000)))) (start $s)"),
            &["describe-failed"],
        ),
        bomb("a description that traps", trapping(CONTRACT), &["describe-failed"]),
        bomb("nothing", Vec::new(), &["not-a-component"]),
        bomb("zeros", vec![0; 1 << 20], &["not-a-component"]),
        bomb("a core module", text("(module)"), &["not-a-component"]),
        bomb("an empty component", text("(component)"), &["contract-mismatch"]),
        bomb(
            "a head that promises much",
            b"\0asm\x0d\0\x01\0\x01\xff\xff\xff\xff\x0f".to_vec(),
            &["invalid"],
        ),
    ]
}

/// The contract's functions, which trap, beside other fields of the same core module.
pub fn beside(fields: &str) -> Vec<u8> {
    around(&format!(
        r#"(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (unreachable))
  (func (export "conjoin:policy/hooks@1.0.0#describe") (result i32) (unreachable))
  (func (export "conjoin:policy/hooks@1.0.0#select-candidates") (param i32) (result i32) (unreachable))
  (func (export "conjoin:policy/hooks@1.0.0#merge") (param i32) (result i32) (unreachable))
  {fields})"#
    ))
}

/// Functions as costly as the scan lets one be.
pub fn admitted(functions: usize) -> Vec<u8> {
    beside(&branches(14_000, 200).repeat(functions))
}

/// One function: what register allocation pays for is branches times locals.
fn branches(count: usize, locals: usize) -> String {
    let branch = "(if (local.get 0) (then))";
    format!("(func (local {}) {})", "i32 ".repeat(locals), branch.repeat(count))
}

/// Each with a byte at both ends of 16 MiB, which a compiler writes out whole.
fn wide_images(modules: usize) -> Vec<u8> {
    let module = r#"(core module (memory 256) (data (i32.const 0) "x") (data (i32.const 16777215) "x"))"#;
    text(&format!("(component {})", module.repeat(modules)))
}

fn text(component: &str) -> Vec<u8> {
    wat::parse_str(component).unwrap()
}

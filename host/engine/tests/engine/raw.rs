//! What no compiler emits: core modules written by hand, with the contract's functions around them.

use conjoin_engine::{Ending, Limits, Policy, Rejection, RejectionReason, TrapKind};

use crate::samples::{assert_healthy, engine, event, merge};
use crate::wit_guest::around;

/// The parts of a module that a test changes.
struct Module<'a> {
    memory: &'a str,
    /// More fields: tables, globals, a start function.
    fields: &'a str,
    describe: &'a str,
    /// The body of `merge`; its one parameter points to the arguments.
    merge: &'a str,
}

/// Points at a description, and at `ok` with an empty plan.
const HEALTHY: Module<'static> = Module {
    memory: "16",
    fields: "",
    describe: "(i32.const 64)",
    merge: "(i32.const 128)",
};

impl Module<'_> {
    fn component(&self) -> Vec<u8> {
        let Self {
            memory,
            fields,
            describe,
            merge,
        } = self;
        around(&format!(
            r#"(module
  (import "conjoin:policy/host@1.0.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") {memory})
  (global $next (mut i32) (i32.const 4096))
  (data (i32.const 16) "raw")
  (data (i32.const 24) "\ff\fe\fd")
  (data (i32.const 32) "{{}}")
  (data (i32.const 48) "[]")
  (data (i32.const 64)
    "\10\00\00\00\03\00\00\00" "\10\00\00\00\03\00\00\00" "\10\00\00\00\03\00\00\00"
    "\20\00\00\00\02\00\00\00" "\00\00\00\00\00\00\00\00")
  (data (i32.const 128) "\00\00\00\00" "\30\00\00\00\02\00\00\00" "\30\00\00\00\02\00\00\00")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $start i32)
    (local.set $start (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
    (global.set $next (i32.add (local.get $start) (local.get 3)))
    (local.get $start))
  (func (export "conjoin:policy/hooks@1.0.0#describe") (result i32) {describe})
  (func (export "conjoin:policy/hooks@1.0.0#select-candidates") (param i32) (result i32) (unreachable))
  (func (export "conjoin:policy/hooks@1.0.0#merge") (param $arguments i32) (result i32) {merge})
  {fields})"#
        ))
    }

    fn load(&self) -> Result<Policy, Rejection> {
        engine().load(&self.component())
    }

    fn end(&self, limits: &Limits) -> Ending {
        let ending = merge(&self.load().unwrap(), &event("{}"), limits).outcome.unwrap_err();
        assert_healthy();
        ending
    }

    fn refused(&self) -> Rejection {
        let rejection = self.load().unwrap_err();
        assert_healthy();
        rejection
    }
}

fn limits() -> Limits {
    Limits::builder().fuel(100_000_000).build().unwrap()
}

#[test]
fn the_healthy_module_is_healthy() {
    let plan = merge(&HEALTHY.load().unwrap(), &event("{}"), &limits())
        .outcome
        .unwrap();
    assert_eq!(
        (plan.user_metadata.as_str(), plan.discard_user_metadata.len()),
        ("[]", 0)
    );
}

#[test]
fn s35_an_endless_start_function_is_refused_at_load() {
    let module = Module {
        fields: "(func $spin (loop (br 0))) (start $spin)",
        ..HEALTHY
    };
    let rejection = module.refused();
    assert_eq!(rejection.reason(), RejectionReason::DescribeFailed);
    assert!(rejection.to_string().contains("budget-exceeded"), "{rejection}");
}

#[test]
fn s35_a_start_function_is_paid_for_by_the_call() {
    let fields = "(func $spin (local $i i32) (loop
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get $i) (i32.const 10000000))))) (start $spin)";
    assert_eq!(
        Module { fields, ..HEALTHY }.end(&limits_of(1_000_000)),
        Ending::BudgetExceeded
    );
}

fn limits_of(fuel: u64) -> Limits {
    Limits::builder().fuel(fuel).build().unwrap()
}

#[test]
fn s35_a_memory_that_starts_too_large_is_refused_before_compiling() {
    let rejection = Module {
        memory: "65536",
        ..HEALTHY
    }
    .refused();
    assert_eq!(rejection.reason(), RejectionReason::Excessive);
    assert!(rejection.findings()[0].item.contains("memory"), "{rejection}");
}

#[test]
fn s35_a_memory_that_starts_above_the_default_limit_is_refused_at_load() {
    let rejection = Module {
        memory: "3000",
        ..HEALTHY
    }
    .refused();
    assert!(rejection.to_string().contains("memory-exceeded"), "{rejection}");
}

#[test]
fn s35_a_memory_that_starts_above_the_calls_limit_ends_the_call() {
    let limits = Limits::builder().memory_bytes(1 << 20).build().unwrap();
    assert_eq!(
        Module {
            memory: "17",
            ..HEALTHY
        }
        .end(&limits),
        Ending::MemoryExceeded
    );
}

#[test]
fn s35_growing_the_memory_ends_the_call() {
    let merge = "(drop (memory.grow (i32.const 65000))) (i32.const 128)";
    assert_eq!(Module { merge, ..HEALTHY }.end(&limits()), Ending::MemoryExceeded);
}

#[test]
fn growing_past_a_declared_maximum_is_answered_with_minus_one() {
    let merge = "(if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable))) (i32.const 128)";
    let policy = Module {
        memory: "16 16",
        merge,
        ..HEALTHY
    }
    .load()
    .unwrap();
    crate::samples::merge(&policy, &event("{}"), &limits()).outcome.unwrap();
}

#[test]
fn s35_growing_a_table_ends_the_call() {
    let merge = "(drop (table.grow $t (ref.null func) (i32.const 9999999))) (i32.const 128)";
    let module = Module {
        fields: "(table $t 1 funcref)",
        merge,
        ..HEALTHY
    };
    assert_eq!(module.end(&limits()), Ending::TableExceeded);
}

/// The engine has no garbage collector; the gate says so, and not the compiler.
#[test]
fn references_that_only_a_collector_could_hold_are_refused_by_the_gate() {
    for fields in [
        "(table 1 externref)",
        "(func (param externref))",
        "(type (struct (field i32)))",
    ] {
        let rejection = Module { fields, ..HEALTHY }.refused();
        assert_eq!(rejection.reason(), RejectionReason::Invalid, "{fields}: {rejection}");
    }
}

#[test]
fn s35_a_table_that_starts_too_large_is_refused() {
    let beyond_the_engine = Module {
        fields: "(table 1000000 funcref)",
        ..HEALTHY
    }
    .refused();
    assert_eq!(beyond_the_engine.reason(), RejectionReason::Excessive);
    let beyond_the_limit = Module {
        fields: "(table 15000 funcref)",
        ..HEALTHY
    }
    .refused();
    assert!(
        beyond_the_limit.to_string().contains("table-exceeded"),
        "{beyond_the_limit}"
    );
}

#[test]
fn s35_recursion_without_end_overflows_the_guests_stack() {
    let module = Module {
        fields: "(func $deep (call $deep) (call $deep))",
        merge: "(call $deep) (i32.const 128)",
        ..HEALTHY
    };
    assert_eq!(module.end(&limits()), Ending::Trapped(TrapKind::StackOverflow));
}

#[test]
fn s35_traps_are_told_apart() {
    let trap = |merge| Module { merge, ..HEALTHY }.end(&limits());
    assert_eq!(trap("(unreachable)"), Ending::Trapped(TrapKind::Unreachable));
    assert_eq!(
        trap("(i32.load (i32.const -8))"),
        Ending::Trapped(TrapKind::MemoryOutOfBounds)
    );
    assert_eq!(
        trap("(i32.div_u (i32.const 1) (i32.const 0))"),
        Ending::Trapped(TrapKind::Arithmetic)
    );
}

#[test]
fn s35_answers_that_no_type_allows_are_malformed() {
    let store = |field: i32, pointer: i32| {
        let merge = format!("(i32.store (i32.const {field}) (i32.const {pointer})) (i32.const 128)");
        Module {
            merge: &merge,
            ..HEALTHY
        }
        .end(&limits())
        .code()
    };
    // No UTF-8; a pointer out of bounds; a tag that is neither `ok` nor `err`.
    assert_eq!(store(132, 24), "malformed");
    assert_eq!(store(132, 0x7fff_ffff), "malformed");
    assert_eq!(store(128, 7), "malformed");
    assert_eq!(
        Module {
            merge: "(i32.const -16)",
            ..HEALTHY
        }
        .end(&limits())
        .code(),
        "malformed"
    );
}

#[test]
fn s35_an_answer_of_many_small_parts_is_too_large_as_well() {
    // 500,000 empty texts: 4 MB in the guest, 12 MB in the host.
    let merge =
        "(i32.store (i32.const 148) (i32.const 65536)) (i32.store (i32.const 152) (i32.const 500000)) (i32.const 128)";
    assert_eq!(
        Module {
            memory: "100",
            merge,
            ..HEALTHY
        }
        .end(&limits()),
        Ending::OutputTooLarge
    );
}

#[test]
fn s35_misusing_an_import_is_told_apart_from_a_bad_answer() {
    let log = |pointer: i32, length: i32| {
        let merge = format!("(call $log (i32.const 1) (i32.const {pointer}) (i32.const {length})) (i32.const 128)");
        Module {
            merge: &merge,
            ..HEALTHY
        }
        .end(&limits())
        .code()
    };
    assert_eq!(log(24, 3), "misused");
    assert_eq!(log(0x7fff_0000, 16), "misused");
    let level = Module {
        merge: "(call $log (i32.const 9) (i32.const 16) (i32.const 3)) (i32.const 128)",
        ..HEALTHY
    };
    assert_eq!(level.end(&limits()).code(), "misused");
}

#[test]
fn a_describe_that_answers_nonsense_is_refused() {
    let rejection = Module {
        describe: "(i32.store (i32.const 88) (i32.const 48)) (i32.const 64)",
        ..HEALTHY
    }
    .refused();
    assert_eq!(rejection.reason(), RejectionReason::Description);
    assert_eq!(rejection.findings()[0].item, "describe: settings-schema");
}

#[test]
fn a_describe_that_traps_is_refused() {
    let rejection = Module {
        describe: "(unreachable)",
        ..HEALTHY
    }
    .refused();
    assert_eq!(rejection.reason(), RejectionReason::DescribeFailed);
    assert!(rejection.to_string().contains("trapped"), "{rejection}");
}

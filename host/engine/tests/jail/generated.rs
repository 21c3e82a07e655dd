//! Generated components through the whole of an upload. `CONJOIN_RUNS=5000 cargo test -p conjoin-engine --test jail generated -- --nocapture` makes more of them,
//! and tells how many ended where.

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Unstructured};
use conjoin_engine::RejectionReason;
use sha2::{Digest, Sha256};
use wasm_smith::{Component, Config, Module};
use wasmparser::{Parser, Payload};

use crate::bombs::beside;
use crate::jailed::engine;

/// Of each kind, in an ordinary run.
const RUNS: u64 = 80;

/// How a component comes from a seed.
type Kind = (&'static str, fn(&[u8]) -> arbitrary::Result<Vec<u8>>);

const KINDS: [Kind; 3] = [
    ("components", component),
    ("policies with a module", policy_with_a_module),
    ("policies with changed bytes", changed_policy),
];

#[test]
fn s35_generated_components_are_refused_or_loaded_and_harm_nobody() {
    let runs = std::env::var("CONJOIN_RUNS").map_or(RUNS, |runs| runs.parse().unwrap());
    for (kind, generate) in KINDS {
        let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
        for seed in 0..runs {
            let Ok(component) = generate(&noise(seed)) else {
                continue;
            };
            *ends.entry(end(kind, seed, &component)).or_default() += 1;
        }
        println!("{kind}: {ends:?}");
        assert!(ends.len() > 1, "{kind} all end alike: {ends:?}");
    }
}

/// Where a component ended; none may crash the compiler, garble the pipe, or be told without a remedy.
fn end(kind: &str, seed: u64, component: &[u8]) -> &'static str {
    let Err(rejection) = engine().load(component) else {
        return "loaded";
    };
    let reason = rejection.reason();
    if reason == RejectionReason::NotCompiled {
        println!("{kind} of seed {seed}: {rejection}");
    }
    let unexpected = [
        RejectionReason::CompileCrashed,
        RejectionReason::CompileGarbled,
        RejectionReason::CompileUnavailable,
    ];
    assert!(!unexpected.contains(&reason), "{kind} of seed {seed}: {rejection}");
    assert!(!rejection.findings()[0].remedy.is_empty(), "{rejection}");
    reason.code()
}

/// A component of any shape.
fn component(noise: &[u8]) -> arbitrary::Result<Vec<u8>> {
    let mut source = Unstructured::new(noise);
    let config = Config::arbitrary(&mut source)?;
    Ok(Component::new(config, &mut source)?.to_bytes())
}

/// The contract's component, which traps, and in it another module that is instantiated too: it passes the gate wherever the module is valid.
fn policy_with_a_module(noise: &[u8]) -> arbitrary::Result<Vec<u8>> {
    let mut source = Unstructured::new(noise);
    let config = Config {
        max_imports: 0,
        max_memory32_bytes: 4 << 20,
        max_table_elements: 1_000,
        // Proposals that policies may not use would end at the gate; the other kinds have them.
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        max_memories: 1,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        shared_everything_threads_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::arbitrary(&mut source)?
    };
    let module = Module::new(config, &mut source)?.to_bytes();
    let mut policy = beside("");
    let index = modules(&policy);
    section(&mut policy, 1, &module);
    // One instance: of the module, with no arguments.
    section(&mut policy, 2, &[1, 0, index, 0]);
    Ok(policy)
}

/// The contract's component with some bytes changed.
fn changed_policy(noise: &[u8]) -> arbitrary::Result<Vec<u8>> {
    let mut source = Unstructured::new(noise);
    let mut policy = beside("");
    for _ in 0..source.int_in_range(1..=4)? {
        let position = source.choose_index(policy.len())?;
        policy[position] = source.arbitrary()?;
    }
    Ok(policy)
}

/// How many core modules a component has of its own.
fn modules(component: &[u8]) -> u8 {
    let payloads = Parser::new(0).parse_all(component).map(Result::unwrap);
    let modules = payloads.filter(|payload| matches!(payload, Payload::ModuleSection { .. }));
    u8::try_from(modules.count()).unwrap()
}

/// Appends a section: its number, its length in LEB128, its content.
fn section(component: &mut Vec<u8>, id: u8, content: &[u8]) {
    component.push(id);
    let mut length = content.len();
    while length > 0x7f {
        component.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    component.push(u8::try_from(length).unwrap());
    component.extend_from_slice(content);
}

/// The same bytes for the same seed, on every machine and in every release.
fn noise(seed: u64) -> Vec<u8> {
    let block = |number: u64| Sha256::digest([seed.to_be_bytes(), number.to_be_bytes()].concat());
    (0..128).flat_map(block).collect()
}

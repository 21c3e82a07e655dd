//! Components made from WIT text: of the contract as it is, or changed in one place.

use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve, WorldId};

/// The contract's text.
pub const CONTRACT: &str = include_str!("../../../../wit/policy.wit");

/// The contract with one text replaced, which must be there.
pub fn contract_with(from: &str, to: &str) -> String {
    assert!(CONTRACT.contains(from), "the contract has no `{from}`");
    CONTRACT.replace(from, to)
}

/// A component of the contract's shape in which every function traps.
pub fn trapping(wit: &str) -> Vec<u8> {
    let (resolve, world) = resolve(wit);
    let module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    encode(module, &resolve, world)
}

/// A component around a core module written as text, which exports the contract's functions under their core names.
pub fn around(module: &str) -> Vec<u8> {
    let (resolve, world) = resolve(CONTRACT);
    encode(wat::parse_str(module).unwrap(), &resolve, world)
}

fn resolve(wit: &str) -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let package = resolve
        .push_str("policy.wit", wit)
        .unwrap_or_else(|error| panic!("{error:#}"));
    let world = resolve.select_world(&[package], Some("policy")).unwrap();
    (resolve, world)
}

fn encode(mut module: Vec<u8>, resolve: &Resolve, world: WorldId) -> Vec<u8> {
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .encode()
        .unwrap_or_else(|error| panic!("{error:#}"))
}

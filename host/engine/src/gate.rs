//! Does a component match the contract? Its imports by name, its exports and types by structure, before anything is compiled.
//!
//! Linking does not find this out: a component whose records have one more field links, and fails at its first call.

use std::sync::OnceLock;

use wasmparser::component_types::{ComponentEntityType, ComponentTypeId};
use wasmparser::types::TypesRef;
use wasmparser::{Validator, WasmFeatures};

use crate::contract::COMPONENT_TYPE;
use crate::gate::compare::{Comparison, Instance};
use crate::rejection::{Finding, Rejection, RejectionReason};
use crate::remedy::{export_remedy, import_remedy, type_remedy, wasi_remedy};
use crate::scan::{self, Outline};
use crate::wasi;

mod compare;
mod names;

pub(crate) use names::Name;

const PACKAGE: &str = "conjoin:policy";

/// Proposals a policy may use: those wasmtime is set up for, and no other.
const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::COMPONENT_MODEL)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::BULK_MEMORY_OPT)
    // The engine is built without a garbage collector, and with it without references to what only that could hold.
    .difference(WasmFeatures::GC_TYPES);

/// Validates a component and compares it with the contract, naming every difference.
pub(crate) fn check(component: &[u8], outline: &Outline) -> Result<(), Rejection> {
    let types = Validator::new_with_features(FEATURES)
        .validate_all(component)
        .map_err(|error| scan::invalid(&error))?;
    let contract = Contract::get()?;
    let mut gate = Gate {
        outline,
        contract,
        types: types.as_ref(),
        findings: Vec::new(),
    };
    for import in &outline.imports {
        gate.import(import);
    }
    gate.exports();
    if gate.findings.is_empty() {
        return Ok(());
    }
    Err(Rejection::new(RejectionReason::ContractMismatch, gate.findings))
}

/// The contract's own types, read once from what the bindings were generated from.
struct Contract {
    types: wasmparser::types::Types,
    world: ComponentTypeId,
}

struct Gate<'a> {
    outline: &'a Outline,
    contract: &'static Contract,
    types: TypesRef<'a>,
    findings: Vec<Finding>,
}

impl Gate<'_> {
    fn import(&mut self, import: &str) {
        let toolchain = self.outline.toolchain;
        let name = Name::parse(import);
        if name.package == PACKAGE {
            return self.own_import(import, &name);
        }
        if wasi::offers(&name) {
            return;
        }
        let (problem, remedy) = if name.package.starts_with("wasi:") {
            (
                "no policy may import it: policies have no files, network or waiting",
                wasi_remedy(toolchain, import),
            )
        } else {
            ("the host offers no such import", import_remedy(toolchain))
        };
        self.findings.push(Finding::new(import, problem, remedy));
    }

    /// `host`, and `types`, which carries no functions: it is there because other interfaces use its types.
    fn own_import(&mut self, import: &str, name: &Name<'_>) {
        let toolchain = self.outline.toolchain;
        let Some((own_name, expected)) = self.contract.imported(name.interface) else {
            let problem = "the contract has no such import";
            return self
                .findings
                .push(Finding::new(import, problem, import_remedy(toolchain)));
        };
        if !name.compatible(&Name::parse(own_name)) {
            let problem = format!("it is of another version of the contract; this host has `{own_name}`");
            return self
                .findings
                .push(Finding::new(import, problem, type_remedy(toolchain)));
        }
        let actual = self.types.component_item_for_import(import).map(|item| item.ty);
        self.compare(import, expected, actual, false);
    }

    fn exports(&mut self) {
        let toolchain = self.outline.toolchain;
        let mut found = false;
        for (own_name, expected) in self.contract.exported() {
            let wanted = Name::parse(own_name);
            let named = self
                .outline
                .exports
                .iter()
                .find(|name| Name::parse(name).same_interface(&wanted));
            match named {
                Some(name) if Name::parse(name).compatible(&wanted) => {
                    found = true;
                    let actual = self.types.component_item_for_export(name).map(|item| item.ty);
                    self.compare(name, expected, actual, true);
                }
                Some(name) => {
                    let problem = format!("it is of another version of the contract; this host calls `{own_name}`");
                    self.findings.push(Finding::new(name, problem, type_remedy(toolchain)));
                }
                None => {
                    let problem = "the component does not export it, so there is nothing to call";
                    self.findings
                        .push(Finding::new(own_name, problem, export_remedy(toolchain)));
                }
            }
        }
        if found {
            self.extra_exports();
        }
    }

    /// Toolchains add exports of their own, which nobody calls; anything else means that the author expects more than the contract gives.
    fn extra_exports(&mut self) {
        for export in &self.outline.exports {
            let name = Name::parse(export);
            // Another interface of the contract's package: a policy built for a later minor version.
            if name.package == PACKAGE || matches!(export.as_str(), "init" | "exports") {
                continue;
            }
            let problem = "the contract has no such export, and the host would never call it";
            self.findings
                .push(Finding::new(export, problem, "export nothing but the policy"));
        }
    }

    fn compare(
        &mut self,
        name: &str,
        expected: ComponentEntityType,
        actual: Option<ComponentEntityType>,
        complete: bool,
    ) {
        let comparison = Comparison {
            contract: self.contract.types.as_ref(),
            actual: self.types,
        };
        let (ComponentEntityType::Instance(expected), Some(ComponentEntityType::Instance(actual))) = (expected, actual)
        else {
            let problem = "it is not an interface";
            return self
                .findings
                .push(Finding::new(name, problem, type_remedy(self.outline.toolchain)));
        };
        for difference in comparison.instances(
            name,
            Instance {
                expected,
                actual,
                complete,
            },
        ) {
            let remedy = type_remedy(self.outline.toolchain);
            self.findings
                .push(Finding::new(difference.path, difference.problem, remedy));
        }
    }
}

impl Contract {
    /// # Errors
    /// None that an upload can cause: the bytes are this crate's own, and a test reads them.
    fn get() -> Result<&'static Self, Rejection> {
        static CONTRACT: OnceLock<Option<Contract>> = OnceLock::new();
        CONTRACT.get_or_init(Self::read).as_ref().ok_or_else(|| {
            let problem = "the engine's own copy of the contract cannot be read";
            Rejection::single(
                RejectionReason::ContractMismatch,
                "contract",
                problem,
                "report this build of the host",
            )
        })
    }

    /// The encoding is a component that exports one type: a component type that in turn exports the world.
    fn read() -> Option<Self> {
        let types = Validator::new_with_features(WasmFeatures::all())
            .validate_all(COMPONENT_TYPE)
            .ok()?;
        let outer = types.as_ref().component_item_for_export("policy")?;
        let ComponentEntityType::Type { referenced, .. } = outer.ty else {
            return None;
        };
        let wasmparser::component_types::ComponentAnyTypeId::Component(outer) = referenced else {
            return None;
        };
        let inner = types.as_ref().get(outer)?.exports.values().next()?;
        let ComponentEntityType::Component(world) = inner.ty else {
            return None;
        };
        Some(Self { types, world })
    }

    fn imported(&'static self, interface: &str) -> Option<(&'static str, ComponentEntityType)> {
        let world = self.types.as_ref().get(self.world)?;
        let named = |(name, _): &(&'static String, _)| Name::parse(name).interface == interface;
        world
            .imports
            .iter()
            .find(named)
            .map(|(name, item)| (name.as_str(), item.ty))
    }

    fn exported(&'static self) -> impl Iterator<Item = (&'static str, ComponentEntityType)> {
        let world = self.types.as_ref().get(self.world).into_iter();
        world.flat_map(|world| world.exports.iter().map(|(name, item)| (name.as_str(), item.ty)))
    }
}

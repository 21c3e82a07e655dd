//! How many instances a component comes to once everything that it instantiates is unrolled.
//!
//! A compiler unrolls nested components wherever they are instantiated: a chain of components, each instantiating the one before twice,
//! doubles with every link. So the count follows the index spaces through definitions, aliases and exports.

use wasmparser::{
    BinaryReaderError, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, Encoding, Instance, Payload,
};

/// What a component costs that is not written out in the upload: one passed in as an argument, or taken out of an instance. No toolchain
/// makes such; to instantiate one exceeds every cap.
const UNKNOWN: u64 = u64::MAX;

/// One module or component whose end has not been read.
#[derive(Debug)]
struct Open {
    encoding: Encoding,
    /// By component index: how many instances one instantiation makes.
    components: Vec<u64>,
    instances: u64,
}

/// Follows the instantiations of one upload.
#[derive(Debug, Default)]
pub(crate) struct Instances {
    open: Vec<Open>,
    most: u64,
}

impl Instances {
    /// How many modules and components are open: 1 in the uploaded component itself.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// How many of them are components.
    pub(crate) fn components(&self) -> u64 {
        self.open
            .iter()
            .filter(|open| open.encoding == Encoding::Component)
            .count() as u64
    }

    /// The most instances that any component read so far comes to.
    pub(crate) fn most(&self) -> u64 {
        self.most
    }

    pub(crate) fn add(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::Version { encoding, .. } => self.open.push(Open {
                encoding: *encoding,
                components: Vec::new(),
                instances: 0,
            }),
            Payload::End(_) => self.close(),
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    if matches!(import?.ty, ComponentTypeRef::Component(_)) {
                        self.define(UNKNOWN);
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    if export.kind == ComponentExternalKind::Component {
                        self.define(self.cost(0, export.index));
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    self.alias(&alias?);
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    if matches!(instance?, Instance::Instantiate { .. }) {
                        self.instantiate(0);
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    if let ComponentInstance::Instantiate { component_index, .. } = instance? {
                        self.instantiate(self.cost(0, component_index));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        if closed.encoding == Encoding::Component {
            self.define(closed.instances);
        }
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) {
        match alias {
            ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::Component,
                count,
                index,
            } => {
                self.define(self.cost(*count, *index));
            }
            ComponentAlias::InstanceExport {
                kind: ComponentExternalKind::Component,
                ..
            } => self.define(UNKNOWN),
            _ => {}
        }
    }

    /// The next index of the innermost component.
    fn define(&mut self, cost: u64) {
        if let Some(open) = self.open.last_mut() {
            open.components.push(cost);
        }
    }

    /// What component `index` costs, as seen `outwards` components further out.
    fn cost(&self, outwards: u32, index: u32) -> u64 {
        let level = self.open.iter().rev().nth(outwards as usize);
        level
            .and_then(|open| open.components.get(index as usize))
            .copied()
            .unwrap_or(UNKNOWN)
    }

    fn instantiate(&mut self, cost: u64) {
        if let Some(open) = self.open.last_mut() {
            open.instances = open.instances.saturating_add(cost).saturating_add(1);
            self.most = self.most.max(open.instances);
        }
    }
}

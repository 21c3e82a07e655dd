//! What is checked before a compiler sees a component: how much there is of everything that compiling and instantiating pay for.
//!
//! A component of 5 KB can make a compiler write a gigabyte. None of these counts needs more than one pass over the bytes.

use wasmparser::{Encoding, Parser, Payload};

use crate::config::EngineConfig;
use crate::rejection::{Finding, Rejection, RejectionReason};
use crate::remedy::Toolchain;
use crate::scan::caps::Caps;
use crate::scan::counts::Counts;

pub(crate) use caps::INTERPRETER_BYTES;

mod caps;
mod counts;
mod function;
mod instances;

/// What the pass learnt beside the counts.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Names of the component's own imports, in order.
    pub(crate) imports: Vec<String>,
    /// Names of the component's own exports, in order.
    pub(crate) exports: Vec<String>,
    pub(crate) toolchain: Toolchain,
}

/// Refuses what has more bytes than are accepted, whatever they are.
pub(crate) fn check_size(component: &[u8], config: &EngineConfig) -> Result<(), Rejection> {
    if component.len() <= config.max_component_bytes {
        return Ok(());
    }
    let problem = format!(
        "it has {} bytes; at most {} are accepted",
        component.len(),
        config.max_component_bytes
    );
    let remedy = "build it optimised and stripped, or raise the host's limit for components";
    Err(Rejection::single(RejectionReason::TooLarge, "file", problem, remedy))
}

/// Refuses what is too large, no component, or could cost too much.
pub(crate) fn scan(component: &[u8], config: &EngineConfig) -> Result<Outline, Rejection> {
    check_size(component, config)?;
    check_encoding(component)?;
    let caps = Caps::for_size(component.len(), config.max_memory_bytes, config.max_table_elements);
    let mut counts = Counts::new(caps);
    let mut outline = Outline::default();
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(|error| invalid(&error))?;
        counts.add(&payload).map_err(|error| invalid(&error))?;
        // Nothing is gained by reading on: a report of the first excess is as good as one of all.
        if let Some(finding) = counts.excess() {
            return Err(Rejection::new(RejectionReason::Excessive, vec![finding]));
        }
        outline.add(&payload, counts.depth()).map_err(|error| invalid(&error))?;
    }
    Ok(outline)
}

pub(crate) fn invalid(error: &wasmparser::BinaryReaderError) -> Rejection {
    let problem = format!("{} (at byte {})", error.message(), error.offset());
    let remedy =
        "build it again with a current toolchain, without proposals beyond WebAssembly 2.0 and the component model";
    Rejection::single(RejectionReason::Invalid, "component", problem, remedy)
}

fn check_encoding(component: &[u8]) -> Result<(), Rejection> {
    let refuse = |problem: &str, remedy: &str| {
        let finding = Finding::new("file", problem, remedy);
        Err(Rejection::new(RejectionReason::NotAComponent, vec![finding]))
    };
    match Parser::new(0).parse_all(component).next() {
        Some(Ok(Payload::Version {
            encoding: Encoding::Component,
            ..
        })) => Ok(()),
        Some(Ok(Payload::Version {
            encoding: Encoding::Module,
            ..
        })) => refuse(
            "it is a core WebAssembly module, not a component",
            "build for the target `wasm32-wasip2`, which makes components, or wrap it with `wasm-tools component new`",
        ),
        _ => refuse(
            "it is not WebAssembly in binary form",
            "upload the `.wasm` file that the build wrote",
        ),
    }
}

impl Outline {
    fn add(&mut self, payload: &Payload<'_>, depth: usize) -> Result<(), wasmparser::BinaryReaderError> {
        match payload {
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section.clone() {
                    self.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section.clone() {
                    let name = export?.name.name;
                    self.toolchain.learn_export(name);
                    self.exports.push(name.to_owned());
                }
            }
            Payload::CustomSection(section) => {
                if let wasmparser::KnownCustom::Producers(producers) = section.as_known() {
                    self.learn_producers(producers);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A broken `producers` section harms nobody: it only words the remedies.
    fn learn_producers(&mut self, producers: wasmparser::ProducersSectionReader<'_>) {
        for field in producers.into_iter().flatten() {
            for value in field.values.into_iter().flatten() {
                self.toolchain.learn(value.name);
            }
        }
    }
}

#[cfg(test)]
mod tests;

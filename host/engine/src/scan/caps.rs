//! How much of everything a component may have.

use crate::limiter::{MAX_MEMORIES, MAX_TABLES};

/// Up to this many bytes a component is taken for compiled code of its own; beyond, for one that brings an interpreter.
pub(crate) const INTERPRETER_BYTES: usize = 1 << 20;

/// The caps, by what is counted. Two sets: a component of at most 1 MiB needs far less of everything than CPython does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caps {
    /// Core modules, at all depths.
    pub(crate) modules: u64,
    /// Components within components.
    pub(crate) component_depth: u64,
    /// Instances, counted as often as the components that make them are unrolled.
    pub(crate) instances: u64,
    /// Functions with a body, of all modules.
    pub(crate) functions: u64,
    /// Imports, exports, types, aliases and adapters of components, each.
    pub(crate) items: u64,
    /// Memories that modules define.
    pub(crate) memories: u64,
    /// The first size of one memory, in bytes.
    pub(crate) memory_bytes: u64,
    /// Tables that modules define.
    pub(crate) tables: u64,
    /// The first size of one table.
    pub(crate) table_elements: u64,
    /// From the first to the last byte of data of a module, summed over the modules: the image a compiler writes out.
    pub(crate) data_span: u64,
    pub(crate) function: FunctionCaps,
}

/// The caps of one function, and of all together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FunctionCaps {
    pub(crate) body_bytes: u64,
    pub(crate) locals: u64,
    pub(crate) nesting: u64,
    /// Branches times locals: what register allocation pays for.
    pub(crate) weight: u64,
    pub(crate) total_weight: u64,
}

const COMPILED: Caps = Caps {
    modules: 16,
    component_depth: 3,
    instances: 128,
    functions: 10_000,
    items: 5_000,
    memories: MAX_MEMORIES as u64,
    memory_bytes: 0,
    tables: MAX_TABLES as u64,
    table_elements: 0,
    data_span: 8 << 20,
    function: FunctionCaps {
        body_bytes: 256 << 10,
        locals: 4_000,
        nesting: 1_000,
        weight: 3_000_000,
        total_weight: 30_000_000,
    },
};

const INTERPRETER: Caps = Caps {
    modules: 64,
    component_depth: 4,
    instances: 256,
    functions: 60_000,
    items: 20_000,
    data_span: 64 << 20,
    function: FunctionCaps {
        body_bytes: 2 << 20,
        locals: 20_000,
        nesting: 10_000,
        weight: 60_000_000,
        total_weight: 600_000_000,
    },
    ..COMPILED
};

impl Caps {
    pub(crate) fn for_size(component_bytes: usize, memory_bytes: usize, table_elements: usize) -> Self {
        let class = if component_bytes > INTERPRETER_BYTES {
            INTERPRETER
        } else {
            COMPILED
        };
        Self {
            memory_bytes: memory_bytes as u64,
            table_elements: table_elements as u64,
            ..class
        }
    }
}

//! Counting, over one pass.

use wasmparser::{
    BinaryReaderError, ConstExpr, DataKind, DataSectionReader, Encoding, MemorySectionReader, Operator, Payload,
    TableSectionReader,
};

use crate::rejection::Finding;
use crate::scan::caps::Caps;
use crate::scan::function;
use crate::scan::instances::Instances;

type Result<T> = std::result::Result<T, BinaryReaderError>;

/// Running totals, and the first cap that was exceeded.
#[derive(Debug)]
pub(crate) struct Counts {
    caps: Caps,
    instances: Instances,
    modules: u64,
    functions: u64,
    items: u64,
    memories: u64,
    tables: u64,
    data_span: u64,
    weight: u64,
    excess: Option<Finding>,
}

impl Counts {
    pub(crate) fn new(caps: Caps) -> Self {
        Self {
            caps,
            instances: Instances::default(),
            modules: 0,
            functions: 0,
            items: 0,
            memories: 0,
            tables: 0,
            data_span: 0,
            weight: 0,
            excess: None,
        }
    }

    /// How many modules and components are open: 1 in the uploaded component itself.
    pub(crate) fn depth(&self) -> usize {
        self.instances.depth()
    }

    /// The first cap that was exceeded.
    pub(crate) fn excess(&mut self) -> Option<Finding> {
        self.excess.take()
    }

    pub(crate) fn add(&mut self, payload: &Payload<'_>) -> Result<()> {
        self.instances.add(payload)?;
        self.cap("instances", self.instances.most(), self.caps.instances);
        match payload {
            Payload::Version { encoding, .. } => self.enter(*encoding),
            Payload::ComponentImportSection(section) => self.add_items(section.count()),
            Payload::ComponentExportSection(section) => self.add_items(section.count()),
            Payload::ComponentTypeSection(section) => self.add_items(section.count()),
            Payload::ComponentAliasSection(section) => self.add_items(section.count()),
            Payload::ComponentCanonicalSection(section) => self.add_items(section.count()),
            Payload::MemorySection(section) => self.add_memories(section)?,
            Payload::TableSection(section) => self.add_tables(section)?,
            Payload::DataSection(section) => self.add_data(section)?,
            Payload::CodeSectionStart { count, .. } => {
                self.functions += u64::from(*count);
                self.cap("functions", self.functions, self.caps.functions);
            }
            Payload::CodeSectionEntry(body) => {
                let measured = function::measure(body)?;
                self.weight = self.weight.saturating_add(measured.weight);
                let excess = measured.excess(&self.caps.function, self.weight);
                self.excess = self.excess.take().or(excess);
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, encoding: Encoding) {
        if encoding == Encoding::Module {
            self.modules += 1;
            self.cap("core modules", self.modules, self.caps.modules);
        } else {
            let nested = self.instances.components().saturating_sub(1);
            self.cap("nested components", nested, self.caps.component_depth);
        }
    }

    fn add_items(&mut self, count: u32) {
        self.items += u64::from(count);
        self.cap("imports, exports, types and aliases", self.items, self.caps.items);
    }

    fn add_memories(&mut self, section: &MemorySectionReader<'_>) -> Result<()> {
        self.cap("memories in one core module", u64::from(section.count()), 1);
        for memory in section.clone() {
            self.memories += 1;
            let bytes = memory?.initial.saturating_mul(64 << 10);
            self.cap("bytes of one memory at the start", bytes, self.caps.memory_bytes);
        }
        self.cap("memories", self.memories, self.caps.memories);
        Ok(())
    }

    fn add_tables(&mut self, section: &TableSectionReader<'_>) -> Result<()> {
        for table in section.clone() {
            self.tables += 1;
            self.cap(
                "elements of one table at the start",
                table?.ty.initial,
                self.caps.table_elements,
            );
        }
        self.cap("tables", self.tables, self.caps.tables);
        Ok(())
    }

    fn add_data(&mut self, section: &DataSectionReader<'_>) -> Result<()> {
        let (mut first, mut last) = (u64::MAX, 0);
        for segment in section.clone() {
            let segment = segment?;
            if let DataKind::Active { offset_expr, .. } = &segment.kind
                && let Some(start) = constant(offset_expr)?
            {
                first = first.min(start);
                last = last.max(start + segment.data.len() as u64);
            }
        }
        self.data_span = self.data_span.saturating_add(last.saturating_sub(first));
        self.cap(
            "bytes from the first to the last byte of data",
            self.data_span,
            self.caps.data_span,
        );
        Ok(())
    }

    /// Keeps the first excess.
    fn cap(&mut self, what: &str, count: u64, cap: u64) {
        if count > cap && self.excess.is_none() {
            self.excess = Some(finding(what, count, cap));
        }
    }
}

/// The finding for one cap.
pub(crate) fn finding(what: &str, count: u64, cap: u64) -> Finding {
    let problem = format!("it has {count}; a policy may have {cap}, so that compiling and starting it stays cheap");
    Finding::new(
        what,
        problem,
        "build it optimised, and leave out dependencies that a policy does not need",
    )
}

/// An offset that is written out. One taken from a global cannot be, and then no image is built either.
fn constant(expression: &ConstExpr<'_>) -> Result<Option<u64>> {
    Ok(match expression.get_operators_reader().read()? {
        // An offset is unsigned, whatever the operator says.
        Operator::I32Const { value } => Some(u64::from(value.cast_unsigned())),
        Operator::I64Const { value } => Some(value.cast_unsigned()),
        _ => None,
    })
}

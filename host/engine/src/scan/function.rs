//! Measuring one function body.

use wasmparser::{BinaryReaderError, FunctionBody, Operator};

use crate::rejection::Finding;
use crate::scan::caps::FunctionCaps;
use crate::scan::counts::finding;

/// What one body costs to compile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    bytes: u64,
    locals: u64,
    nesting: u64,
    pub(crate) weight: u64,
}

/// Reads a body once.
pub(crate) fn measure(body: &FunctionBody<'_>) -> Result<Measured, BinaryReaderError> {
    let bytes = body.as_bytes().len() as u64;
    let mut locals = 0_u64;
    for declaration in body.get_locals_reader()? {
        locals = locals.saturating_add(u64::from(declaration?.0));
    }
    let (mut branches, mut depth, mut nesting) = (0_u64, 0_u64, 0_u64);
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        match operators.read()? {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                branches += 1;
                depth += 1;
                nesting = nesting.max(depth);
            }
            Operator::Else | Operator::Br { .. } | Operator::BrIf { .. } => branches += 1,
            Operator::BrTable { targets } => branches += u64::from(targets.len()),
            Operator::End => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(Measured {
        bytes,
        locals,
        nesting,
        weight: branches.saturating_mul(locals.max(1)),
    })
}

impl Measured {
    /// The first cap this body exceeds, itself or together with those before it.
    pub(crate) fn excess(&self, caps: &FunctionCaps, total_weight: u64) -> Option<Finding> {
        let measures = [
            ("bytes of one function", self.bytes, caps.body_bytes),
            ("locals of one function", self.locals, caps.locals),
            ("nested blocks of one function", self.nesting, caps.nesting),
            ("branches times locals of one function", self.weight, caps.weight),
            (
                "branches times locals of all functions",
                total_weight,
                caps.total_weight,
            ),
        ];
        let exceeded = measures.into_iter().find(|(_, count, cap)| count > cap);
        exceeded.map(|(what, count, cap)| finding(what, count, cap))
    }
}

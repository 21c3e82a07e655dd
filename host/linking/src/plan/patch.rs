//! A policy's JSON Patch: parsed, bounded, applied.
//!
//! The format allows more than a merge needs. `copy` and `move` multiply data within a few bytes (18 `copy` operations of 675 bytes grew a
//! bag of 24 bytes to 7.9 MB), and the root path replaces a bag whole, so none of them is accepted.

use std::collections::BTreeSet;

use json_patch::{Patch, PatchOperation};
use serde_json::Value;

use crate::bag::{Bag, MAX_BYTES, MAX_DEPTH, Metadata, byte_size, depth};

/// The most operations one patch may hold.
pub const MAX_OPERATIONS: usize = 10_000;

/// A patched bag, and which of its first-level keys the patch wrote at or beneath.
pub struct Patched {
    /// The bag with every operation applied.
    pub result: Metadata,
    /// First-level keys named by an `add`, `remove` or `replace`.
    pub touched: BTreeSet<String>,
}

/// Why a patch is not accepted. Names operations and paths, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// Not the JSON of an RFC 6902 patch.
    #[error("the {field} patch is not an RFC 6902 JSON Patch: {reason}", field = .0.field(), reason = .1)]
    Malformed(Bag, String),
    /// More than [`MAX_OPERATIONS`].
    #[error("the {field} patch has {count} operations, more than {MAX_OPERATIONS}", field = .0.field(), count = .1)]
    TooManyOperations(Bag, usize),
    /// `copy` or `move`.
    #[error("the {field} patch uses `{operation}`; only add, remove, replace and test are allowed", field = .0.field(), operation = .1)]
    Operation(Bag, &'static str),
    /// The empty pointer, which replaces the whole bag.
    #[error("the {field} patch writes the whole bag; name the keys that change", field = .0.field())]
    RootPath(Bag),
    /// An operation's path does not exist, or a `test` failed.
    #[error("the {field} patch does not apply to the primary's bag: {reason}", field = .0.field(), reason = .1)]
    DoesNotApply(Bag, String),
    /// The patched bag is nested deeper than [`MAX_DEPTH`].
    #[error("the {field} patch makes a bag deeper than {MAX_DEPTH} levels", field = .0.field())]
    TooDeep(Bag),
    /// The patched bag is larger than [`MAX_BYTES`].
    #[error("the {field} patch makes a bag larger than {MAX_BYTES} bytes", field = .0.field())]
    TooLarge(Bag),
}

/// Applies a policy's patch to the primary's bag.
///
/// # Errors
/// [`PatchError`] when the patch is not of the allowed form, does not apply, or its result is out of bounds.
pub fn apply(bag: Bag, primary: &Metadata, patch: &str) -> Result<Patched, PatchError> {
    // The parser's own text can quote the patch, and so metadata values: only the place is kept.
    let patch: Patch = serde_json::from_str(patch)
        .map_err(|error| PatchError::Malformed(bag, format!("line {}, column {}", error.line(), error.column())))?;
    if patch.0.len() > MAX_OPERATIONS {
        return Err(PatchError::TooManyOperations(bag, patch.0.len()));
    }
    let mut touched = BTreeSet::new();
    for operation in &patch.0 {
        touched.extend(check(bag, operation)?);
    }
    let mut document = Value::Object(primary.clone());
    json_patch::patch(&mut document, &patch.0)
        .map_err(|error| PatchError::DoesNotApply(bag, format!("operation {} at {}", error.operation, error.path)))?;
    let Value::Object(result) = document else {
        return Err(PatchError::RootPath(bag));
    };
    if depth(&result) > MAX_DEPTH {
        return Err(PatchError::TooDeep(bag));
    }
    if byte_size(&result) > MAX_BYTES.max(byte_size(primary)) {
        return Err(PatchError::TooLarge(bag));
    }
    Ok(Patched { result, touched })
}

/// The first-level key that an allowed operation writes; none for `test`.
fn check(bag: Bag, operation: &PatchOperation) -> Result<Option<String>, PatchError> {
    let (path, writes) = match operation {
        PatchOperation::Add(add) => (&add.path, true),
        PatchOperation::Remove(remove) => (&remove.path, true),
        PatchOperation::Replace(replace) => (&replace.path, true),
        PatchOperation::Test(test) => (&test.path, false),
        PatchOperation::Move(_) => return Err(PatchError::Operation(bag, "move")),
        PatchOperation::Copy(_) => return Err(PatchError::Operation(bag, "copy")),
    };
    let key = path.first().ok_or(PatchError::RootPath(bag))?;
    Ok(writes.then(|| key.decoded().into_owned()))
}

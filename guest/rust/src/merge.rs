//! The recursive strategy: what two bags become in one.

mod plan;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::document::{Document, Node, push_escaped};
use crate::{BagPlan, Failure, account, json};

/// What two arrays at the same place become. Their items are never looked into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arrays {
    /// The primary's items, then the secondary's. Duplicates stay.
    #[default]
    Concat,
    /// The primary's items, then the secondary's, each value where it occurs first and nowhere else.
    Union,
    /// The primary's array, as it is.
    Primary,
}

/// Which of two different scalars at the same place stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scalars {
    /// The primary's.
    #[default]
    Primary,
    /// The secondary's, unless it is `null`: that would remove what the primary has, and no plan may.
    Secondary,
}

/// Two bags in one, not written yet.
#[derive(Clone, Copy, Debug)]
pub struct Merged<'a> {
    primary: Node<'a>,
    secondary: Node<'a>,
    rules: Rules,
}

#[derive(Clone, Copy, Debug)]
struct Rules {
    arrays: Arrays,
    scalars: Scalars,
}

/// What two values at one place become.
enum Fate<'a> {
    /// The primary's stands.
    Stays,
    /// This text takes its place.
    Becomes(Cow<'a, str>),
    /// Both are objects: their keys decide.
    Inside,
}

/// Both bags in one: keys that only one side has are kept, objects on both sides are merged key by key, arrays on both
/// sides become what `arrays` says, and in every other conflict the primary's value stands, `null` included.
#[must_use]
pub fn recursive<'a>(primary: &'a Document<'_>, secondary: &'a Document<'_>, arrays: Arrays) -> Merged<'a> {
    recursive_with(primary, secondary, arrays, Scalars::Primary)
}

/// [`recursive`], with a say in conflicts between two scalars. Where one side is an object or an array and the other is not, the
/// primary's value stands all the same.
#[must_use]
pub fn recursive_with<'a>(
    primary: &'a Document<'_>,
    secondary: &'a Document<'_>,
    arrays: Arrays,
    scalars: Scalars,
) -> Merged<'a> {
    Merged {
        primary: primary.root(),
        secondary: secondary.root(),
        rules: Rules { arrays, scalars },
    }
}

impl Merged<'_> {
    /// As a tree, for a strategy that goes on from here: [`BagPlan::to_result`] makes a plan of it.
    ///
    /// # Errors
    /// [`Failure::Broken`] when what was written cannot be read again, which would be this library's fault.
    pub fn bag(&self) -> Result<Map<String, Value>, Failure> {
        let mut text = String::with_capacity(self.primary.text().len() + self.secondary.text().len());
        self.rules.write(self.primary, self.secondary, &mut text);
        account::read("the merged bag", &text)
    }

    /// How the secondary's bag goes into the primary's.
    ///
    /// # Errors
    /// [`Failure::Broken`] when more than 10,000 first-level keys change: no patch may say so much.
    pub fn plan(&self) -> Result<BagPlan, Failure> {
        plan::of(self)
    }
}

impl Rules {
    fn fate<'a>(self, ours: Node<'a>, theirs: Node<'a>) -> Fate<'a> {
        if ours.is_object() && theirs.is_object() {
            return Fate::Inside;
        }
        if ours.is_array() && theirs.is_array() {
            let joined = match self.arrays {
                Arrays::Concat => concat(ours, theirs),
                Arrays::Union => union(ours, theirs),
                Arrays::Primary => None,
            };
            return joined.map_or(Fate::Stays, |text| Fate::Becomes(Cow::Owned(text)));
        }
        if self.scalars == Scalars::Secondary && yields(ours, theirs) {
            return Fate::Becomes(Cow::Borrowed(theirs.text()));
        }
        Fate::Stays
    }

    /// What two values become, as text.
    fn write(self, ours: Node<'_>, theirs: Node<'_>, out: &mut String) {
        match self.fate(ours, theirs) {
            Fate::Stays => out.push_str(ours.text()),
            Fate::Becomes(text) => out.push_str(&text),
            Fate::Inside => self.write_object(ours, theirs, out),
        }
    }

    /// The primary's keys in their order, then those that only the secondary has.
    fn write_object(self, ours: Node<'_>, theirs: Node<'_>, out: &mut String) {
        let (mut in_ours, mut in_theirs) = (ours.lookup(), theirs.lookup());
        out.push('{');
        for (key, ours) in ours.entries() {
            push_key(&key, out);
            match in_theirs.get(&key) {
                Some(theirs) => self.write(ours, theirs, out),
                None => out.push_str(ours.text()),
            }
        }
        for (key, theirs) in theirs.entries() {
            if in_ours.get(&key).is_none() {
                push_key(&key, out);
                out.push_str(theirs.text());
            }
        }
        out.push('}');
    }
}

/// What stands before a value of an object.
fn push_key(key: &str, out: &mut String) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push('"');
    push_escaped(key, out);
    out.push_str("\":");
}

/// Whether a scalar of the secondary may stand in the place of the primary's value.
fn yields(primary: Node<'_>, secondary: Node<'_>) -> bool {
    primary.is_scalar() && secondary.is_scalar() && !secondary.is_null() && !primary.equal(secondary)
}

/// None where nothing is added.
fn concat(ours: Node<'_>, theirs: Node<'_>) -> Option<String> {
    let [ours, theirs] = [ours, theirs].map(|array| items_of(array.text()));
    match (ours, theirs) {
        (_, "") => None,
        ("", theirs) => Some(format!("[{theirs}]")),
        (ours, theirs) => Some(["[", ours, ",", theirs, "]"].concat()),
    }
}

/// What stands between the brackets of an array.
fn items_of(array: &str) -> &str {
    array.get(1..array.len() - 1).unwrap_or_default().trim_ascii()
}

/// None where each item of the primary's is another value already and nothing is added.
fn union(ours: Node<'_>, theirs: Node<'_>) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut changed = false;
    let mut items = Vec::new();
    let (ours, theirs) = (
        ours.items().map(|item| (item, true)),
        theirs.items().map(|item| (item, false)),
    );
    for (item, is_ours) in ours.chain(theirs) {
        let first = seen.insert(Ordered::from(item));
        changed |= first != is_ours;
        if first {
            items.push(item);
        }
    }
    changed.then(|| array(items.into_iter()))
}

fn array<'a>(items: impl Iterator<Item = Node<'a>>) -> String {
    let mut text = String::new();
    for item in items {
        text.push(if text.is_empty() { '[' } else { ',' });
        text.push_str(item.text());
    }
    text.push_str(if text.is_empty() { "[]" } else { "]" });
    text
}

/// A value in a set: a search per item instead of a comparison with every other keeps long arrays within the budget.
struct Ordered(Value);

impl From<Node<'_>> for Ordered {
    fn from(item: Node<'_>) -> Self {
        Self(item.value())
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        json::compare(&self.0, &other.0)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

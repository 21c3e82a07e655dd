//! A bag as it stands in its text: where each value begins and ends, and nothing built of it.
//!
//! Most of a bag is carried over as it is. A tree of `serde_json` allocates each of its keys and values to be written again unchanged, and that was most of what a
//! decision cost; places in the text are one list.

mod escape;
mod lookup;
mod reader;

use std::borrow::Cow;

use serde_json::Value;

use crate::{Failure, json};
pub(crate) use escape::push_escaped;
pub use lookup::Lookup;
use reader::{Kind, Span};

/// A JSON object, read from its text and not taken apart.
///
/// Strict as `serde_json` is (RFC 8259, at most 127 levels deep, no lone surrogate, no number beyond a double). Only whether a key stands twice is not asked, of which either value may
/// count: the host rules it out.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    text: &'a str,
    /// In the order of the text, the object itself first.
    spans: Vec<Span>,
}

/// One value of a [`Document`].
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    text: &'a str,
    /// Its own, and what is inside it in the order of the text: the items of an array, each key of an object and its value.
    spans: &'a [Span],
}

impl<'a> Document<'a> {
    /// Reads an object.
    ///
    /// # Errors
    /// [`Failure::Broken`] when the text is no JSON object.
    pub fn read(text: &'a str) -> Result<Self, Failure> {
        Self::named("the text", text)
    }

    /// [`Self::read`], with what the text is for the error.
    pub(crate) fn named(name: &str, text: &'a str) -> Result<Self, Failure> {
        match reader::read(text) {
            Ok(spans) => Ok(Self { text, spans }),
            // Not what stands there: metadata must not reach a log.
            Err(at) => Err(Failure::broken(format!(
                "cannot read {name}: no JSON object, wrong at byte {at}"
            ))),
        }
    }

    /// The object itself.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node {
            text: self.text,
            spans: &self.spans,
        }
    }

    /// What a first-level key holds.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Node<'_>> {
        let mut entries = self.root().keyed();
        entries.find(|(name, _)| name.says(key)).map(|(_, value)| value)
    }
}

impl<'a> Node<'a> {
    /// As it stands in the text.
    #[must_use]
    pub fn text(self) -> &'a str {
        self.spans.first().map_or("", |span| span.of(self.text))
    }

    /// The keys of an object with their values, in order; of anything else, none.
    pub fn entries(self) -> impl Iterator<Item = (Cow<'a, str>, Self)> {
        self.keyed().map(|(key, value)| (key.said(), value))
    }

    /// Finds the values of an object by their keys.
    #[must_use]
    pub fn lookup(self) -> Lookup<'a> {
        Lookup::of(self.keyed())
    }

    /// The items of an array, in order; of anything else, none.
    pub fn items(self) -> impl Iterator<Item = Self> {
        self.inside_of(Kind::Array)
    }

    /// Whether this is an object.
    #[must_use]
    pub fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    /// Whether this is an array.
    #[must_use]
    pub fn is_array(self) -> bool {
        self.kind() == Kind::Array
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Whether this is neither an object nor an array.
    #[must_use]
    pub fn is_scalar(self) -> bool {
        !self.is_object() && !self.is_array()
    }

    /// Whether two are the same JSON value, as [`json::equal`] has it.
    #[must_use]
    pub fn equal(self, other: Self) -> bool {
        self.text() == other.text()
            || match (self.kind(), other.kind()) {
                // One spelling each, which would have been the same.
                (Kind::Null | Kind::Bool | Kind::Plain, Kind::Null | Kind::Bool | Kind::Plain) => false,
                (Kind::Plain | Kind::Escaped, Kind::Plain | Kind::Escaped) => self.said() == other.said(),
                (one, other) if one != other => false,
                _ => json::equal(&self.value(), &other.value()),
            }
    }

    /// As a tree.
    #[must_use]
    pub fn value(self) -> Value {
        // It was read once, so that the default is never taken.
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    fn kind(self) -> Kind {
        self.spans.first().map_or(Kind::Null, |span| span.kind)
    }

    /// What a string says.
    fn said(self) -> Cow<'a, str> {
        let text = self.text();
        match self.kind() {
            // It was read once, so that the default is never taken.
            Kind::Escaped => Cow::Owned(serde_json::from_str(text).unwrap_or_default()),
            _ => Cow::Borrowed(text.get(1..text.len() - 1).unwrap_or_default()),
        }
    }

    /// Whether a string says this. One with escapes is decoded only where it can: each byte of what it says takes six at most.
    fn says(self, said: &str) -> bool {
        let spelled = self.text().len() - 2;
        let may = self.kind() != Kind::Escaped || (spelled / 6..=spelled).contains(&said.len());
        may && self.said() == said
    }

    fn keyed(self) -> Entries<'a> {
        Entries(self.inside_of(Kind::Object))
    }

    /// Nothing, where this is something else.
    fn inside_of(self, kind: Kind) -> Nodes<'a> {
        let inside = match self.spans.split_first() {
            Some((span, inside)) if span.kind == kind => inside,
            _ => &[],
        };
        Nodes {
            text: self.text,
            spans: inside,
        }
    }
}

/// One value after the other, without what is inside them.
#[derive(Clone)]
struct Nodes<'a> {
    text: &'a str,
    spans: &'a [Span],
}

impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let length = self.spans.first()?.inside as usize + 1;
        let (spans, after) = self.spans.split_at_checked(length)?;
        self.spans = after;
        Some(Node { text: self.text, spans })
    }
}

/// One key of an object after the other, with its value.
#[derive(Clone)]
struct Entries<'a>(Nodes<'a>);

impl<'a> Iterator for Entries<'a> {
    type Item = (Node<'a>, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_say_and_come_in_order() {
        let document = Document::read(r#" {"b" : 1, "\u0061":[ 2,{}], "c\"": null } "#).unwrap();
        let entries = document.root().entries();
        let read: Vec<_> = entries.map(|(key, value)| (key.into_owned(), value.text())).collect();
        let expected = [("b", "1"), ("a", "[ 2,{}]"), ("c\"", "null")];
        assert_eq!(read, expected.map(|(key, value)| (key.to_owned(), value)));
        let items: Vec<_> = document.get("a").unwrap().items().map(Node::text).collect();
        assert_eq!(items, ["2", "{}"]);
        assert!(document.get("c").is_none());
    }

    #[test]
    fn what_is_equal_may_be_spelled_differently() {
        let document = Document::read(
            r#"{"a":[1,0,"é",{"x":1,"y":2}],"b":[1.0,-0,"\u00e9",{"y":2.0,"x":1e0}],"c":"1","d":1,"e":null,"f":true,"g":false}"#,
        )
        .unwrap();
        let entries: Vec<_> = document.root().entries().collect();
        for (one, (_, left)) in entries.iter().enumerate() {
            for (other, (_, right)) in entries.iter().enumerate() {
                assert_eq!(
                    left.equal(*right),
                    one == other || one + other == 1,
                    "{} {}",
                    left.text(),
                    right.text()
                );
            }
        }
    }

    #[test]
    fn every_key_is_found_in_whatever_order_it_is_looked_for() {
        for keys in [0, 1, 8, 9, 40] {
            let names: Vec<_> = (0..keys).map(|key| format!("k{key}\"")).collect();
            let object: serde_json::Map<_, _> = (0..keys).map(|key| (names[key].clone(), Value::from(key))).collect();
            let text = Value::Object(object).to_string();
            let document = Document::read(&text).unwrap();
            let mut lookup = document.root().lookup();
            for key in (0..keys).chain((0..keys).rev()) {
                assert_eq!(lookup.get(&names[key]).unwrap().text(), key.to_string());
                assert_eq!(document.get(&names[key]).unwrap().text(), key.to_string());
                assert!(lookup.get("k").is_none());
            }
        }
    }

    #[test]
    fn an_error_says_where_and_not_what() {
        let Failure::Broken(text) = Document::read(r#"{"a":"secret" "b"}"#).unwrap_err() else {
            panic!("it is broken");
        };
        assert_eq!(text, "cannot read the text: no JSON object, wrong at byte 14");
    }
}

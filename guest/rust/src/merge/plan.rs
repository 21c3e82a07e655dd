//! The recursive strategy as a plan: the patch is written while both bags are walked, and the merged one never is.

use super::{Fate, Merged, Rules};
use crate::document::{Node, push_escaped};
use crate::patch::{MOST_OPERATIONS, MOST_OPERATIONS_PER_KEY};
use crate::{BagPlan, Failure, Pointer};

/// An RFC 6902 patch being written.
struct Writer {
    rules: Rules,
    /// Without its last bracket.
    text: String,
    operations: usize,
}

/// Where an operation is.
#[derive(Clone, Copy)]
struct Place<'a> {
    above: Option<&'a Self>,
    key: &'a str,
}

#[derive(Clone, Copy)]
enum Op {
    Add,
    Replace,
}

pub(super) fn of(merged: &Merged<'_>) -> Result<BagPlan, Failure> {
    match written(merged, MOST_OPERATIONS_PER_KEY).or_else(|| written(merged, 1)) {
        Some(plan) => Ok(plan),
        None => Err(Failure::too_many_operations()),
    }
}

/// None where it takes more operations than a patch may have. Beyond `most` for one first-level key it is replaced whole.
fn written(merged: &Merged<'_>, most: usize) -> Option<BagPlan> {
    let mut writer = Writer {
        rules: merged.rules,
        text: String::with_capacity(merged.secondary.text().len() + merged.secondary.text().len() / 4),
        operations: 0,
    };
    writer.text.push('[');
    let mut discard = Vec::new();
    let mut primary = merged.primary.lookup();
    for (key, theirs) in merged.secondary.entries() {
        let place = Place { above: None, key: &key };
        match primary.get(&key) {
            None => writer.operation(Op::Add, place, theirs.text()),
            Some(ours) => {
                if writer.change_key(place, ours, theirs, most) == 0 && !ours.equal(theirs) {
                    discard.push(Pointer::key(&key).into());
                }
            }
        }
        if writer.operations > MOST_OPERATIONS {
            return None;
        }
    }
    writer.text.push(']');
    Some(BagPlan::new(writer.text, discard))
}

impl Writer {
    /// How many operations it took. Where they are too many what was joined is joined once more, which is rare.
    fn change_key(&mut self, place: Place<'_>, ours: Node<'_>, theirs: Node<'_>, most: usize) -> usize {
        let (text, operations) = (self.text.len(), self.operations);
        self.change(place, ours, theirs, operations + most);
        if self.operations - operations > most {
            self.text.truncate(text);
            self.operations = operations;
            let mut value = String::new();
            self.rules.write(ours, theirs, &mut value);
            self.operation(Op::Replace, place, &value);
        }
        self.operations - operations
    }

    /// Ends as soon as there are more than so many operations.
    fn change(&mut self, place: Place<'_>, ours: Node<'_>, theirs: Node<'_>, most: usize) {
        match self.rules.fate(ours, theirs) {
            Fate::Stays => {}
            Fate::Becomes(text) => self.operation(Op::Replace, place, &text),
            Fate::Inside => {
                let mut primary = ours.lookup();
                for (key, theirs) in theirs.entries() {
                    if self.operations > most {
                        return;
                    }
                    let within = Place {
                        above: Some(&place),
                        key: &key,
                    };
                    match primary.get(&key) {
                        None => self.operation(Op::Add, within, theirs.text()),
                        Some(ours) => self.change(within, ours, theirs, most),
                    }
                }
            }
        }
    }

    fn operation(&mut self, op: Op, place: Place<'_>, value: &str) {
        if self.operations > 0 {
            self.text.push(',');
        }
        self.operations += 1;
        // Each a text of known length: those are not copied by a call.
        match op {
            Op::Add => self.text.push_str(r#"{"op":"add","path":""#),
            Op::Replace => self.text.push_str(r#"{"op":"replace","path":""#),
        }
        place.push_to(&mut self.text);
        self.text.push_str(r#"","value":"#);
        self.text.push_str(value);
        self.text.push('}');
    }
}

impl Place<'_> {
    /// RFC 6901, as it stands within a JSON string.
    fn push_to(self, out: &mut String) {
        if let Some(above) = self.above {
            above.push_to(out);
        }
        out.push('/');
        push_escaped(&Pointer::segment(self.key), out);
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use serde_json::{Value, json};

    use super::*;
    use crate::{Arrays, Document, merge};

    fn plan(primary: &str, secondary: &str) -> Result<BagPlan, Failure> {
        let (primary, secondary) = (Document::read(primary).unwrap(), Document::read(secondary).unwrap());
        merge::recursive(&primary, &secondary, Arrays::Union).plan()
    }

    fn patch(primary: &str, secondary: &str) -> Value {
        serde_json::from_str(plan(primary, secondary).unwrap().patch()).unwrap()
    }

    /// An object of so many keys, each of which holds this.
    fn keys(count: usize, value: &str) -> String {
        let mut text = String::new();
        for key in 0..count {
            write!(text, "{}\"{key}\":{value}", if key == 0 { '{' } else { ',' }).unwrap();
        }
        text + "}"
    }

    #[test]
    fn only_what_changes_is_written_at_its_own_place_and_as_it_stood() {
        let primary = r#"{"a": 1, "b": {"c": 1, "d": [1, 2]}, "e": [3]}"#;
        let secondary =
            r#"{"a": 1.0, "b": {"d": [2.0, 1e2], "x~/": null, "q\"\n": "\u00e9"}, "e": [3.0], "é": { "z": 1.10 }}"#;
        assert_eq!(
            plan(primary, secondary).unwrap().patch(),
            r#"[{"op":"replace","path":"/b/d","value":[1,2,1e2]},{"op":"add","path":"/b/x~0~1","value":null},{"op":"add","path":"/b/q\"\n","value":"\u00e9"},{"op":"add","path":"/é","value":{ "z": 1.10 }}]"#
        );
    }

    #[test]
    fn a_key_with_many_changes_is_replaced_whole() {
        let few = patch(
            r#"{"a":{}}"#,
            &format!(r#"{{"a":{}}}"#, keys(MOST_OPERATIONS_PER_KEY, "1")),
        );
        assert_eq!(few.as_array().unwrap().len(), MOST_OPERATIONS_PER_KEY);
        let many = keys(MOST_OPERATIONS_PER_KEY + 2, "1");
        // Somewhere below it, and with what was there before.
        let mut whole: Value = serde_json::from_str(&many).unwrap();
        whole["3"] = json!(true);
        whole["own"] = json!([]);
        let whole = json!({"x": whole, "y": 2});
        let primary = r#"{"a":{"x":{"own":[],"3":true},"y":2},"b":1}"#;
        assert_eq!(
            patch(primary, &format!(r#"{{"a":{{"x":{}}},"c":2}}"#, many)),
            json!([{"op": "replace", "path": "/a", "value": whole}, {"op": "add", "path": "/c", "value": 2}])
        );
    }

    #[test]
    fn many_keys_with_a_few_changes_each_stay_within_the_limit() {
        let operations = patch(&keys(MOST_OPERATIONS, "{}"), &keys(MOST_OPERATIONS, r#"{"a":1,"b":2}"#));
        assert_eq!(operations.as_array().unwrap().len(), MOST_OPERATIONS);
    }

    #[test]
    fn more_changes_than_a_patch_may_hold_are_an_error() {
        assert!(plan("{}", &keys(MOST_OPERATIONS, "1")).is_ok());
        assert!(matches!(
            plan("{}", &keys(MOST_OPERATIONS + 1, "1")),
            Err(Failure::Broken(_))
        ));
    }
}

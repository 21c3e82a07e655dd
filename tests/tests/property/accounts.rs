//! Random metadata, and random answers of a policy.

use conjoin_engine::Plan;
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};

/// Some of them odd, so that odd keys meet each other.
const KEYS: [&str; 10] = [
    "a",
    "b",
    "c",
    "settings",
    "tags",
    "é",
    "with space",
    "a/b",
    "til~de",
    "__proto__",
];

pub fn bag(random: &mut StdRng) -> Map<String, Value> {
    let keys = random.random_range(0..6);
    (0..keys)
        .map(|_| (key(random), value(random, 3)))
        .filter(|(_, value)| !value.is_null())
        .collect()
}

fn key(random: &mut StdRng) -> String {
    KEYS[random.random_range(0..KEYS.len())].to_owned()
}

fn value(random: &mut StdRng, depth: u32) -> Value {
    match random.random_range(0..if depth == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => json!(random.random_bool(0.5)),
        2 => json!(random.random_range(-5..5)),
        3 => json!(f64::from(random.random_range(-50..50)) / 4.0),
        4 => json!(["x", "", "Zoë", "👩‍👩‍👧", "null"][random.random_range(0..5)]),
        5 => json!(9_007_199_254_740_993_i64),
        6 => (0..random.random_range(0..4))
            .map(|_| value(random, depth - 1))
            .collect(),
        _ => {
            let keys = random.random_range(0..4);
            (0..keys)
                .map(|_| (key(random), value(random, depth - 1)))
                .collect::<Map<_, _>>()
                .into()
        }
    }
}

/// An answer that names or carries every key of the secondary, each in a way of its own. Some are beyond what a policy may do: those the guard refuses, and the run takes
/// another.
pub fn answer(random: &mut StdRng, primary: [&Map<String, Value>; 2], secondary: [&Map<String, Value>; 2]) -> Plan {
    let (user, user_discards) = part(random, primary[0], secondary[0]);
    let (app, app_discards) = part(random, primary[1], secondary[1]);
    Plan {
        user_metadata: user,
        app_metadata: app,
        discard_user_metadata: user_discards,
        discard_app_metadata: app_discards,
    }
}

fn part(random: &mut StdRng, primary: &Map<String, Value>, secondary: &Map<String, Value>) -> (String, Vec<String>) {
    let (mut patch, mut discards) = (Vec::new(), Vec::new());
    for (key, theirs) in secondary {
        let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        let carried = match primary.get(key) {
            _ if random.random_bool(0.2) => None,
            None => Some(theirs.clone()),
            Some(ours) => both(ours, theirs).or_else(|| is_scalar(ours).then(|| theirs.clone())),
        };
        match carried.filter(|value| !value.is_null()) {
            Some(value) => patch.push(json!({ "op": "add", "path": pointer, "value": value })),
            None => discards.push(pointer),
        }
    }
    (Value::Array(patch).to_string(), discards)
}

/// What holds everything of both.
fn both(ours: &Value, theirs: &Value) -> Option<Value> {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) => Some(ours.iter().chain(theirs).cloned().collect()),
        (Value::Object(ours), Value::Object(theirs)) => {
            let mut joined = theirs.clone();
            joined.extend(ours.clone());
            Some(Value::Object(joined))
        }
        _ => None,
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_array() && !value.is_object() && !value.is_null()
}

//! Where two bags disagree.

use conjoin_guest::json;
use serde_json::{Map, Value};

/// The places at which both hold a value and the values differ, as keys joined by `/`, sorted. Looks into objects that both have; everything else is
/// compared whole, `null` included.
pub(crate) fn find(primary: &Map<String, Value>, secondary: &Map<String, Value>) -> Vec<String> {
    let mut places = Vec::new();
    collect("", primary, secondary, &mut places);
    places.sort_unstable();
    places
}

fn collect(above: &str, primary: &Map<String, Value>, secondary: &Map<String, Value>, places: &mut Vec<String>) {
    for (key, theirs) in secondary {
        let Some(ours) = primary.get(key) else {
            continue;
        };
        let place = if above.is_empty() {
            key.clone()
        } else {
            format!("{above}/{key}")
        };
        match (ours, theirs) {
            (Value::Object(ours), Value::Object(theirs)) => collect(&place, ours, theirs, places),
            _ if json::equal(ours, theirs) => {}
            _ => places.push(place),
        }
    }
}

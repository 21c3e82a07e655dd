//! Where two bags disagree.

use conjoin_guest::{Document, Node};

/// The places at which both hold a value and the values differ, as keys joined by `/`, sorted. Looks into objects that both have; everything else is
/// compared whole, `null` included.
pub(crate) fn find(primary: &Document<'_>, secondary: &Document<'_>) -> Vec<String> {
    let mut places = Vec::new();
    collect("", primary.root(), secondary.root(), &mut places);
    places.sort_unstable();
    places
}

/// Of two objects.
fn collect(above: &str, primary: Node<'_>, secondary: Node<'_>, places: &mut Vec<String>) {
    let mut primary = primary.lookup();
    for (key, theirs) in secondary.entries() {
        let Some(ours) = primary.get(&key) else {
            continue;
        };
        // Only where it is told: a long key above many others is long in each of their places.
        let place = || {
            if above.is_empty() {
                key.to_string()
            } else {
                format!("{above}/{key}")
            }
        };
        if ours.is_object() && theirs.is_object() {
            collect(&place(), ours, theirs, places);
        } else if !ours.equal(theirs) {
            places.push(place());
        }
    }
}

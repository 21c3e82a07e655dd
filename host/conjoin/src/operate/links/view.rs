//! A link, as an operator sees it: ids, stages, times and problems; no metadata value and no address.

use conjoin_linking::contract::rfc3339;
use conjoin_linking::record::{Record, Stage};
use serde_json::{Map, Value, json};

use crate::operate::print;

/// Many, under a heading, with a word at the end.
pub(super) fn list(records: &[Record], end: &str) -> String {
    if records.is_empty() {
        return end.to_owned();
    }
    let heading = ["LINK", "STAGE", "BEGUN", "PRIMARY", "SECONDARY", "TRIES"];
    let row = |record: &Record| {
        let (primary, secondary, _) = pair(record);
        vec![
            record.id.0.clone(),
            record.stage.name().to_owned(),
            rfc3339(record.created_at),
            primary,
            secondary,
            record.tries.count.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = records.iter().map(row).collect();
    format!("{}\n\n{end}", print::table(&heading, &rows))
}

/// One, with what to do about it.
pub(super) fn one(record: &Record) -> String {
    let (primary, secondary, connection) = pair(record);
    let mut facts = vec![
        ("link", record.id.0.clone()),
        ("stage", record.stage.name().to_owned()),
        ("begun", rfc3339(record.created_at)),
        ("by", record.initiator.to_string()),
        ("primary", primary),
        ("secondary", secondary),
        ("connection", connection),
    ];
    for (name, value) in details(record) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        facts.push((name, text));
    }
    format!("{}\n\n{}", print::facts(&facts), next(record))
}

/// One, for machines.
pub(super) fn json(record: &Record) -> Value {
    let (primary, secondary, connection) = pair(record);
    let mut json = Map::new();
    json.insert("link".to_owned(), json!(record.id));
    json.insert("stage".to_owned(), json!(record.stage.name()));
    json.insert("settled".to_owned(), json!(!record.stage.is_unsettled()));
    json.insert("created_at".to_owned(), json!(rfc3339(record.created_at)));
    json.insert("initiator".to_owned(), json!(record.initiator));
    json.insert("primary".to_owned(), json!(primary));
    json.insert("secondary".to_owned(), json!(secondary));
    json.insert("connection".to_owned(), json!(connection));
    json.insert("tries".to_owned(), json!(record.tries.count));
    json.extend(
        details(record)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value)),
    );
    Value::Object(json)
}

/// What this stage or this try has to say.
fn details(record: &Record) -> Vec<(&'static str, Value)> {
    let mut details = match &record.stage {
        Stage::NeedsAttention { what, stuck } | Stage::Closed { what, stuck } => {
            vec![("stuck", json!(stuck.name())), ("what", json!(what))]
        }
        Stage::RolledBack { cause, left_alone, .. } => {
            vec![("cause", json!(cause)), ("left_alone", json!(left_alone))]
        }
        Stage::Undoing(undoing) => {
            let not_before = json!(rfc3339(undoing.not_before));
            vec![("cause", json!(undoing.cause)), ("not_before", not_before)]
        }
        Stage::UnlinkRefused { cause, not_before, .. } => {
            vec![("cause", json!(cause)), ("not_before", json!(rfc3339(*not_before)))]
        }
        Stage::Done(work) => vec![("sessions", json!(work.sessions)), ("kept", json!(work.kept))],
        Stage::Unlinked(plan) => vec![
            ("sessions", json!(plan.sessions)),
            ("kept", json!(plan.kept)),
            ("stays", json!(plan.stays)),
            ("unstorable", json!(plan.unstorable)),
            ("gone", json!(plan.progress.gone)),
        ],
        Stage::Refused(by) => vec![("refused_by", json!(by.kind()))],
        Stage::Forgotten { was, .. } => vec![("was", json!(was))],
        _ => Vec::new(),
    };
    if let Some(problem) = &record.tries.problem {
        details.push(("problem", json!(problem)));
        details.push(("tries_since", json!(record.tries.since.map(rfc3339))));
        details.push(("tried_again", json!(rfc3339(record.tries.due_at))));
    }
    details
}

fn next(record: &Record) -> String {
    let id = &record.id.0;
    match &record.stage {
        Stage::NeedsAttention { .. } => format!(
            "It is not carried on by itself any more. Once what stands in the way is gone: `conjoin links settle {id}`. Until then nothing else can be done with its accounts. If that can never be: `conjoin links close {id} --yes` ends it as it is."
        ),
        stage if stage.is_under_way() => {
            format!("Hosts carry it on by themselves; `conjoin links settle {id}` does so now.")
        }
        stage if stage.awaits_person() => {
            "It waits for the person, and nothing has been written. It expires by itself.".to_owned()
        }
        _ => "It is settled. There is nothing to do.".to_owned(),
    }
}

/// Primary, secondary and connection; of a link that nobody has signed in for, whom it was asked for.
fn pair(record: &Record) -> (String, String, String) {
    if let Some((primary, identity)) = record.stage.pair() {
        let secondary = identity.to_string();
        return (primary.to_string(), secondary, identity.connection);
    }
    let request = match &record.stage {
        Stage::Requested(request) => Some(request),
        Stage::Proven(proven) => Some(&proven.request),
        _ => None,
    };
    let none = || "-".to_owned();
    let target = request.map_or_else(none, |request| request.target.to_string());
    let connection = request.map_or_else(none, |request| request.connection.clone());
    (record.initiator.to_string(), target, connection)
}

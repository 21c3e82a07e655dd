//! A policy that is right but for one fault: `event.settings` is `{"fault":"<name>"}`. Without it, both bags are merged recursively and arrays become
//! their union.
//!
//! Each fault is one that an author makes, or an attacker tries, and shows only where the conformance set looks for it.

use conjoin_guest::bindings::exports::conjoin::policy::hooks;
use conjoin_guest::{
    Account, Arrays, Bag, Candidate, Description, Document, Event, Failure, Plan, Side, Suggestion, merge, reasons,
};
use serde_json::{Map, Value, json};

struct Faulty;

conjoin_guest::bindings::export_component!(Faulty with_types_in conjoin_guest::bindings);

type Object = Map<String, Value>;

impl hooks::Guest for Faulty {
    fn describe() -> Description {
        Description {
            name: "faulty".into(),
            version: "0.1.0".into(),
            summary: "Has the fault that its settings name.".into(),
            settings_schema: r#"{"type":"object","properties":{"fault":{"type":"string"}}}"#.into(),
            reasons: reasons::same_email(),
        }
    }

    fn select_candidates(event: Event, current: Account, found: Vec<Candidate>) -> Result<Vec<Suggestion>, Failure> {
        let suggest = |user_id: &str| Suggestion {
            user_id: user_id.to_owned(),
            primary: Side::Current,
            reason: reasons::SAME_EMAIL.into(),
        };
        let mut suggestions: Vec<_> = found.iter().map(|candidate| suggest(&candidate.user_id)).collect();
        match fault(&event)?.as_str() {
            "select-traps" => panic!("so be it"),
            "says-markup" => conjoin_guest::log::warn("<script>alert(1)</script>\u{1b}[2J\u{202e}"),
            "select-traps-with-one" if found.len() == 1 => panic!("so be it"),
            "offers-a-stranger" if !found.is_empty() => suggestions.push(suggest("auth0|stranger")),
            "offers-itself-when-alone" if found.is_empty() => suggestions.push(suggest(&current.user_id)),
            "offers-twice" => suggestions.extend_from_within(..suggestions.len().min(1)),
            "offers-linked-identities" => {
                let linked = current.identities.iter().skip(1);
                suggestions.extend(linked.map(|linked| suggest(&format!("{}|{}", linked.provider, linked.user_id))));
            }
            "offers-what-metadata-names" => {
                let known = current.bag(Bag::App)?;
                suggestions.extend(known.get("link_next").and_then(Value::as_str).map(suggest));
            }
            "free-text-reason" => {
                for suggestion in &mut suggestions {
                    suggestion.reason = format!("{} is yours as well.", suggestion.user_id);
                }
            }
            _ => {}
        }
        Ok(suggestions)
    }

    fn merge(event: Event, primary: Account, secondary: Account) -> Result<hooks::Plan, Failure> {
        let fault = fault(&event)?;
        spoil_input(&fault, &primary, &secondary)?;
        let mut plan = honest(&fault, &primary, &secondary)?;
        spoil_plan(&fault, &mut plan, &primary, &secondary)?;
        Ok(plan)
    }
}

fn fault(event: &Event) -> Result<String, Failure> {
    let settings: Object = event.settings()?;
    Ok(settings
        .get("fault")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned())
}

/// Faults that show in not answering.
fn spoil_input(fault: &str, primary: &Account, secondary: &Account) -> Result<(), Failure> {
    let bags = [
        &primary.user_metadata,
        &primary.app_metadata,
        &secondary.user_metadata,
        &secondary.app_metadata,
    ];
    let any = |what: &dyn Fn(&str) -> bool| bags.iter().any(|text| what(text));
    match fault {
        "merge-traps" => panic!("so be it"),
        "refuses-everything" => Err(Failure::refused("never", "Never.")),
        "refuses-without-form" => Err(Failure::refused("Never ever!", "Never.")),
        "refuses-without-words" => Err(Failure::refused("never", "")),
        "breaks-on-empty"
            if bags[..2].iter().all(|text| *text == "{}") && secondary.user_metadata.contains("theme") =>
        {
            Err(Failure::broken("the primary has no metadata"))
        }
        "breaks-on-null" if any(&|text| text.contains("\"n\":null")) => panic!("null"),
        "breaks-on-depth" if any(&|text| text.matches('{').count() == 100 || text.contains("[[[[[[")) => panic!("deep"),
        "breaks-without-dates" if primary.created_at.is_none() => panic!("no date"),
        "breaks-on-size" if any(&|text| text.len() > 500_000) => panic!("large"),
        "slow-with-many-keys" if any(&|text| text.matches("\"key-").count() > 1_000) => loop {
            std::hint::black_box(fault);
        },
        _ => Ok(()),
    }
}

fn honest(fault: &str, primary: &Account, secondary: &Account) -> Result<hooks::Plan, Failure> {
    let bag = |bag: Bag| {
        let ours = primary.document(bag)?;
        let theirs = spoil_bag(fault, secondary.bag(bag)?);
        let theirs = Value::Object(theirs).to_string();
        merge::recursive(&ours, &Document::read(&theirs)?, Arrays::Union).plan()
    };
    let plan = Plan {
        user_metadata: bag(Bag::User)?,
        app_metadata: bag(Bag::App)?,
    };
    Ok(plan.into())
}

/// Faults that lie in how the secondary's bag is read.
fn spoil_bag(fault: &str, bag: Object) -> Object {
    match fault {
        "normalises-text" => rewrite(bag, &|text| {
            text.replace("e\u{301}", "\u{e9}").replace('\u{fb01}', "fi")
        }),
        "skips-proto" => without(bag, |key| key == "__proto__"),
        "skips-dotted-keys" => without(bag, |key| key.contains(['.', '$'])),
        "truncates-numbers" => bag.into_iter().map(|(key, value)| (key, truncated(value))).collect(),
        _ => bag,
    }
}

fn spoil_plan(fault: &str, plan: &mut hooks::Plan, primary: &Account, secondary: &Account) -> Result<(), Failure> {
    match fault {
        "forgets-to-discard" if primary.user_metadata.contains("\"count\"") => {
            plan.discard_user_metadata.clear();
            plan.discard_app_metadata.clear();
        }
        "writes-the-root" if primary.user_metadata.contains("\"count\"") => {
            plan.user_metadata = r#"[{"op":"replace","path":"","value":{"theme":"dark"}}]"#.into()
        }
        "invents" if secondary.user_metadata.contains("city") && secondary.profile.contains("blocked") => {
            plan.app_metadata = push(
                &plan.app_metadata,
                json!({"op": "add", "path": "/linked", "value": true}),
            );
        }
        "removes" if primary.user_metadata.contains("\"address\"") => {
            plan.user_metadata = push(&plan.user_metadata, json!({"op": "remove", "path": "/address/city"}));
        }
        "copies-the-nickname" => {
            let profile: Object = secondary.profile()?;
            if let Some(nickname) = profile.get("nickname") {
                let add = json!({"op": "add", "path": "/nickname", "value": nickname});
                plan.user_metadata = push(&plan.user_metadata, add);
            }
        }
        "forgets-to-escape" => {
            let unescape = |pointer: &String| pointer.replace("~1", "/").replace("~0", "~");
            plan.discard_user_metadata = plan.discard_user_metadata.iter().map(unescape).collect();
        }
        _ => {}
    }
    Ok(())
}

fn push(patch: &str, operation: Value) -> String {
    let mut operations: Vec<Value> = serde_json::from_str(patch).unwrap();
    operations.push(operation);
    Value::Array(operations).to_string()
}

fn without(bag: Object, skipped: impl Fn(&str) -> bool) -> Object {
    bag.into_iter().filter(|(key, _)| !skipped(key)).collect()
}

fn rewrite(bag: Object, change: &dyn Fn(&str) -> String) -> Object {
    let entries = bag.into_iter().map(|(key, value)| {
        let value = match value {
            Value::String(text) => Value::String(change(&text)),
            other => other,
        };
        (change(&key), value)
    });
    entries.collect()
}

/// As a language with 32-bit integers has it.
fn truncated(value: Value) -> Value {
    match value.as_i64() {
        Some(number) => json!(number as i32),
        None => value,
    }
}

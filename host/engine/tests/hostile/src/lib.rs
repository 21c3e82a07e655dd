//! A policy that misbehaves on demand: `event.settings` is `{"do":"<behaviour>"}`; without it, an empty plan.
//!
//! Where the settings ask for nothing, the person does: `user_metadata` of the current account has the behaviour of one hook under `on_select`, of the
//! primary account that of the other under `on_merge`. So one host can have many people who each meet another behaviour.
//!
//! `echo` behaviours answer what they saw in `discard-user-metadata`, where tests can read it.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

wit_bindgen::generate!({ path: "../../../../wit", world: "policy" });

use conjoin::policy::host::{Level, log};
use conjoin::policy::types::{Reason, Refusal, Side};
use exports::conjoin::policy::hooks::{Account, Candidate, Description, Event, Failure, Guest, Plan, Suggestion};

struct Hostile;

export!(Hostile);

static CALLS: AtomicU32 = AtomicU32::new(0);

impl Guest for Hostile {
    fn describe() -> Description {
        Description {
            name: "hostile".into(),
            version: "0.1.0".into(),
            summary: "Misbehaves on demand.".into(),
            settings_schema: r#"{"type":"object","properties":{"do":{"type":"string"}}}"#.into(),
            reasons: vec![Reason {
                code: "same-email".into(),
                locale: "en".into(),
                text: "Same address".into(),
            }],
        }
    }

    fn select_candidates(event: Event, current: Account, found: Vec<Candidate>) -> Result<Vec<Suggestion>, Failure> {
        let behaviour = behaviour(&event, &current, r#""on_select":""#);
        let suggest = |user_id: String| Suggestion {
            user_id,
            primary: Side::Current,
            reason: "same-email".into(),
        };
        match behaviour {
            "unknown-user" => return Ok(vec![suggest("auth0|nobody".into())]),
            "own-user" => return Ok(vec![suggest(current.user_id)]),
            "huge-suggestion" => return Ok(vec![suggest("x".repeat(50_000_000))]),
            _ => {}
        }
        act(behaviour, &event)?;
        let mut suggestions: Vec<_> = found.into_iter().map(|candidate| suggest(candidate.user_id)).collect();
        match behaviour {
            "same-user-twice" => suggestions.extend_from_within(..),
            "free-text-reason" => {
                for suggestion in &mut suggestions {
                    suggestion.reason = format!("That one is {} as well.", suggestion.user_id);
                }
            }
            _ => {}
        }
        Ok(suggestions)
    }

    fn merge(event: Event, primary: Account, secondary: Account) -> Result<Plan, Failure> {
        let behaviour = behaviour(&event, &primary, r#""on_merge":""#);
        let mut plan = Plan {
            user_metadata: "[]".into(),
            app_metadata: "[]".into(),
            discard_user_metadata: act(behaviour, &event)?,
            discard_app_metadata: Vec::new(),
        };
        if let Some(patch) = patch(behaviour, &primary, &secondary) {
            plan.user_metadata = patch;
        }
        match behaviour {
            "promote" => plan.app_metadata = r#"[{"op":"add","path":"/roles","value":["admin"]}]"#.into(),
            "discard-everything" => plan.discard_user_metadata = vec!["everything".into()],
            _ => {}
        }
        Ok(plan)
    }
}

/// The text of `do`, or else of the person's own key, read without a JSON parser: tests write them without escapes.
fn behaviour<'a>(event: &'a Event, account: &'a Account, key: &str) -> &'a str {
    let of_settings = event.settings.split_once(r#""do":""#);
    let of_person = || account.user_metadata.split_once(key);
    let after = of_settings.or_else(of_person).map_or("", |(_, rest)| rest);
    after.split('"').next().unwrap_or_default()
}

/// Answers that the contract's types can hold and its rules cannot.
fn patch(behaviour: &str, primary: &Account, secondary: &Account) -> Option<String> {
    Some(match behaviour {
        "not-json" => "nonsense".into(),
        "not-a-patch" => r#"{"op":"add"}"#.into(),
        "root" => r#"[{"op":"replace","path":"","value":{}}]"#.into(),
        "remove-root" => r#"[{"op":"remove","path":""}]"#.into(),
        "copy" => r#"[{"op":"copy","from":"","path":"/twice"}]"#.into(),
        "move" => r#"[{"op":"move","from":"/a","path":"/b"}]"#.into(),
        "escape" => r#"[{"op":"add","path":"/../app_metadata/roles","value":["admin"]}]"#.into(),
        "value-from-nowhere" => r#"[{"op":"add","path":"/role","value":"admin"}]"#.into(),
        "steal-bag" => format!(
            r#"[{{"op":"add","path":"/theirs","value":{}}}]"#,
            secondary.app_metadata
        ),
        "double-bag" => format!(r#"[{{"op":"add","path":"/again","value":{}}}]"#, primary.user_metadata),
        // Of a bag that has `"tags":[…]`: the same items three times over.
        "double-array" => {
            let after = primary
                .user_metadata
                .split_once(r#""tags":["#)
                .map_or("", |(_, rest)| rest);
            let items = after.split(']').next().unwrap_or_default();
            format!(r#"[{{"op":"replace","path":"/tags","value":[{items},{items},{items}]}}]"#)
        }
        "too-many-operations" => {
            let operations = vec![r#"{"op":"test","path":"/on_merge","value":"too-many-operations"}"#; 10_001];
            format!("[{}]", operations.join(","))
        }
        "too-deep" => {
            let value = format!("{}{}", "[".repeat(110), "]".repeat(110));
            format!(r#"[{{"op":"add","path":"/deep","value":{value}}}]"#)
        }
        "too-large" => format!(
            r#"[{{"op":"add","path":"/large","value":"{}"}}]"#,
            "x".repeat(2_000_000)
        ),
        "nested-null" => r#"[{"op":"replace","path":"/address/city","value":null}]"#.into(),
        "null-out" => r#"[{"op":"replace","path":"/on_merge","value":null}]"#.into(),
        "empty-bag" => {
            let keys = primary.user_metadata.split('"').skip(1).step_by(4);
            let removals = keys.map(|key| format!(r#"{{"op":"remove","path":"/{key}"}}"#));
            format!("[{}]", removals.collect::<Vec<_>>().join(","))
        }
        "huge-answer" => "x".repeat(50_000_000),
        "invalid-utf8" => invalid_text(),
        _ => return None,
    })
}

/// Text that is none. The allocation is as `String` would make it; only the bytes lie.
fn invalid_text() -> String {
    // SAFETY: deliberately violated. The string is never looked at here: it goes straight out through the canonical ABI.
    unsafe { String::from_utf8_unchecked(vec![0xff, 0xfe, 0xfd]) }
}

fn act(behaviour: &str, event: &Event) -> Result<Vec<String>, Failure> {
    match behaviour {
        "refused" => {
            let refusal = Refusal {
                code: "not-today".into(),
                message: "Not today.".into(),
            };
            return Err(Failure::Refused(refusal));
        }
        "broken" => return Err(Failure::Broken("TypeError: x is undefined".into())),
        "broken-at-length" => return Err(Failure::Broken("é".repeat(100_000))),
        "echo-count" => return Ok(vec![CALLS.fetch_add(1, Ordering::Relaxed).wrapping_add(1).to_string()]),
        "echo-clock" => return Ok(clock()),
        "echo-chance" => return Ok(chance()),
        "echo-system" => return Ok(system()),
        "loop" => loop {
            black_box(event);
        },
        "busy-wait" => {
            let started = Instant::now();
            while started.elapsed() < Duration::from_secs(1) {
                black_box(started);
            }
        }
        "memory" => grow(),
        "recursion" => drop(black_box(recurse(1))),
        "trap" => core::arch::wasm32::unreachable(),
        "panic" => panic!("so be it"),
        "wait" => std::thread::sleep(Duration::from_secs(60)),
        "exit" => std::process::exit(3),
        "print" => {
            println!("to output");
            eprintln!("to errors");
            log(Level::Error, "to the log");
        }
        "flood" => {
            for line in 0..2_000 {
                println!("line {line} {}", "x".repeat(100));
            }
        }
        "endless-flood" => loop {
            log(Level::Info, black_box("again and again and again"));
        },
        "huge-log" => log(Level::Info, &"x".repeat(20_000_000)),
        "invalid-log" => log(Level::Info, &invalid_text()),
        _ => {}
    }
    Ok(Vec::new())
}

fn clock() -> Vec<String> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|since| since.as_secs());
    let started = Instant::now();
    vec![
        now.map(|seconds| seconds.to_string()).unwrap_or_default(),
        started.elapsed().as_nanos().to_string(),
    ]
}

fn chance() -> Vec<String> {
    let random = || RandomState::new().hash_one(0_u8).to_string();
    vec![random(), random()]
}

fn system() -> Vec<String> {
    vec![
        std::env::args().count().to_string(),
        std::env::vars().count().to_string(),
    ]
}

fn grow() {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    loop {
        kept.push(vec![1; 1 << 20]);
        black_box(&kept);
    }
}

fn recurse(depth: u64) -> u64 {
    if black_box(depth) == u64::MAX {
        return 0;
    }
    let frame = black_box([depth; 64]);
    frame[black_box(0)] + recurse(black_box(depth + 1)) + frame[black_box(1)]
}

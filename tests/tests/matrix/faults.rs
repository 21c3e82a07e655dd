//! What strikes a request.

use std::time::Duration;

use serde_json::{Value, json};

use crate::steps::Step;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Answered so once; nothing was done.
    Status(u16),
    /// 401 for the token in use and for the one that replaces it.
    UnauthorizedTwice,
    /// 429 with `Retry-After: 1`; nothing was done.
    RateLimited,
    /// The connection is cut and nothing was done.
    CutBefore,
    /// It is done and the connection is cut.
    CutAfter,
    /// It is done, and the answer comes when the host has stopped waiting for it.
    SlowAnswer,
    /// 504, and it is done later than the host looks.
    LateEffect,
    /// No answer for as long as the host waits, and it is done later than the host looks.
    SlowAndLate,
    /// 400, and it is done all the same, a moment later.
    RefusedAndDone,
    /// It is done, and the answer ends in the middle.
    Malformed,
    /// 500 three times in a row, and nothing was done.
    ThreeInARow,
    /// 500 seven times in a row: more often than the host tries while the person waits.
    Outage,
    /// The host is killed while the tenant holds the request, and nothing was done. Another one is started.
    KilledBefore,
    /// The host is killed when it is done and before the answer. Another one is started.
    KilledAfter,
}

/// Longer than the host waits for an answer, which is 10 s.
const TOO_LONG: u64 = 11_000;

impl Fault {
    pub const ALL: [Self; 20] = [
        Self::Status(400),
        Self::Status(401),
        Self::UnauthorizedTwice,
        Self::Status(403),
        Self::Status(404),
        Self::Status(409),
        Self::RateLimited,
        Self::Status(500),
        Self::Status(503),
        Self::ThreeInARow,
        Self::Outage,
        Self::CutBefore,
        Self::CutAfter,
        Self::Malformed,
        Self::SlowAnswer,
        Self::LateEffect,
        Self::SlowAndLate,
        Self::RefusedAndDone,
        Self::KilledBefore,
        Self::KilledAfter,
    ];

    pub fn name(self) -> String {
        let name = match self {
            Self::Status(status) => return status.to_string(),
            Self::UnauthorizedTwice => "401-twice",
            Self::RateLimited => "429",
            Self::ThreeInARow => "500-thrice",
            Self::Outage => "outage",
            Self::CutBefore => "cut-before",
            Self::CutAfter => "cut-after",
            Self::Malformed => "malformed",
            Self::SlowAnswer => "slow",
            Self::LateEffect => "late",
            Self::SlowAndLate => "slow-late",
            Self::RefusedAndDone => "400-done",
            Self::KilledBefore => "killed-before",
            Self::KilledAfter => "killed-after",
        };
        name.to_owned()
    }

    /// For the report.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Status(_) => "answered so once, and nothing done",
            Self::UnauthorizedTwice => "401 for the token in use and for the one that replaces it",
            Self::RateLimited => "429 once, with `Retry-After: 1`, and nothing done",
            Self::ThreeInARow => "500 three times in a row, and nothing done",
            Self::Outage => "500 seven times in a row: more often than the host tries while the person waits",
            Self::CutBefore => "the connection cut, and nothing done",
            Self::CutAfter => "done, and the connection cut",
            Self::Malformed => "done, and an answer that ends in the middle of its JSON",
            Self::SlowAnswer => "done, and answered after 11 s; the host waits 10",
            Self::LateEffect => {
                "504, and done 3 s later: after the host has looked, and within its `quiet_period` of 4 s"
            }
            Self::SlowAndLate => "not answered for 14 s, and done after 13: 3 s after the host has given up",
            Self::RefusedAndDone => "400, and done all the same 0.1 s later",
            Self::KilledBefore => {
                "the host killed (SIGKILL) while the request is held and nothing done; another one started"
            }
            Self::KilledAfter => "the host killed (SIGKILL) when it is done, before the answer; another one started",
        }
    }

    /// How long after the request its effect comes.
    pub fn late_by(self) -> Duration {
        let late = self.rule()["late_effect_ms"].as_u64();
        Duration::from_millis(late.unwrap_or_default())
    }

    pub fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
    }

    /// Whether it is a fault of its own on this step: a read has no effect that could be late or lost.
    pub fn concerns(self, step: &Step) -> bool {
        let of_an_effect = matches!(
            self,
            Self::CutAfter | Self::LateEffect | Self::SlowAndLate | Self::RefusedAndDone | Self::KilledAfter
        );
        step.writes() || !of_an_effect
    }

    /// The rules that strike a step; `path` is where it goes.
    pub fn rules(self, name: &str, step: &Step, path: &str) -> Value {
        let mut rule = self.rule();
        let object = rule.as_object_mut().expect("an object");
        object.insert("name".to_owned(), name.into());
        if step.token {
            object.extend(as_object(json!({ "method": "POST", "path": "/oauth/token" })));
            let refused = json!({ "name": name, "method": step.method, "path": path, "skip": step.nth, "times": 1, "status": 401 });
            return json!([refused, rule]);
        }
        object.extend(as_object(
            json!({ "method": step.method, "path": path, "skip": step.nth }),
        ));
        json!([rule])
    }

    fn rule(self) -> Value {
        match self {
            Self::Status(status) => json!({ "times": 1, "status": status }),
            Self::UnauthorizedTwice => json!({ "times": 2, "status": 401 }),
            Self::RateLimited => json!({ "times": 1, "status": 429, "retry_after": 1 }),
            Self::ThreeInARow => json!({ "times": 3, "status": 500 }),
            Self::Outage => json!({ "times": 7, "status": 500 }),
            Self::CutBefore => json!({ "times": 1, "reset": true }),
            Self::CutAfter => json!({ "times": 1, "reset": true, "after_effect": true }),
            Self::Malformed => json!({ "times": 1, "malformed": true }),
            Self::SlowAnswer => json!({ "times": 1, "after_effect": true, "timeout_ms": TOO_LONG }),
            Self::LateEffect => json!({ "times": 1, "late_effect_ms": 3_000 }),
            Self::SlowAndLate => json!({ "times": 1, "late_effect_ms": 13_000, "timeout_ms": 14_000 }),
            Self::RefusedAndDone => json!({ "times": 1, "status": 400, "late_effect_ms": 100 }),
            Self::KilledBefore => json!({ "times": 1, "hold": true, "status": 500 }),
            Self::KilledAfter => json!({ "times": 1, "after_effect": true, "timeout_ms": 120_000, "status": 500 }),
        }
    }
}

fn as_object(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

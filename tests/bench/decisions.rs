//! What one decision costs: `joined` in an instance of its own, everything included, against what people write natively.
//!
//! `tests/bench/decisions` runs it and writes the README's table; only the ratios of one run mean something elsewhere.
//!
//! - `floor`: a fresh instance that says what it is (`describe`).
//! - `decision`: `merge` by the component: store, limits, instance, call, drop.
//! - `native`: both accounts' bags parsed into `serde_json` trees, merged in this process, and written.
//! - `same-code`: the policy's own library, compiled natively.
#![allow(missing_docs, clippy::unwrap_used, reason = "a measurement")]

use conjoin_engine::{Account, Engine, EngineConfig, Event, Limits, Policy};
use conjoin_guest::{Arrays, BagPlan, Document};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde_json::{Map, Value, json};

/// Bytes of each of the four bags, about.
const SIZES: [(&str, usize); 5] = [
    ("empty", 0),
    ("1 kB", 1_000),
    ("11 kB", 11_000),
    ("100 kB", 100_000),
    ("1 MB", 1_000_000),
];

type Bag = Map<String, Value>;

/// Small objects with a list, as people have them. Every second key is one of the other account's too.
fn bag(bytes: usize, owner: usize) -> Bag {
    let entry = json!({"kind": "book", "title": owner.to_string().repeat(30), "read": owner == 1, "pages": 417 + owner, "tags": ["all", format!("of{owner}")]});
    let key = |number: usize| {
        if number.is_multiple_of(2) {
            format!("key{number}")
        } else {
            format!("key{number}of{owner}")
        }
    };
    (0..bytes / 100).map(|number| (key(number), entry.clone())).collect()
}

fn account(owner: usize, bytes: usize) -> Account {
    serde_json::from_value(json!({
        "user_id": format!("auth0|{owner}"), "email": "ada@example.com", "email_verified": true, "created_at": "2020-01-01T00:00:00.000Z",
        "last_login": null, "logins_count": 1, "identities": [], "profile": "{}",
        "user_metadata": Value::Object(bag(bytes, owner)).to_string(), "app_metadata": Value::Object(bag(bytes, owner)).to_string(),
    }))
    .unwrap()
}

fn event() -> Event {
    serde_json::from_value(json!({
        "transaction_id": "1", "tenant": "acme", "client_id": "c", "organization": null, "now": "2026-01-01T00:00:00Z", "seed": "0".repeat(32),
        "settings": "{}", "context": "{}",
    }))
    .unwrap()
}

/// What `joined` promises, as one writes it with trees: the primary's value wins, objects are merged, arrays joined.
fn merge(primary: &mut Bag, secondary: Bag) {
    for (key, theirs) in secondary {
        match (primary.get_mut(&key), theirs) {
            (None, theirs) => drop(primary.insert(key, theirs)),
            (Some(Value::Object(ours)), Value::Object(theirs)) => merge(ours, theirs),
            (Some(Value::Array(ours)), Value::Array(theirs)) => ours.extend(theirs),
            (Some(_), _) => {}
        }
    }
}

fn natively(primary: &Account, secondary: &Account) -> [String; 2] {
    let pairs = [
        (&primary.user_metadata, &secondary.user_metadata),
        (&primary.app_metadata, &secondary.app_metadata),
    ];
    pairs.map(|(ours, theirs)| {
        let mut merged: Bag = serde_json::from_str(ours).unwrap();
        merge(&mut merged, serde_json::from_str(theirs).unwrap());
        serde_json::to_string(&merged).unwrap()
    })
}

/// The guest library's own strategy, without a component around it.
fn by_the_same_code(primary: &Account, secondary: &Account) -> [BagPlan; 2] {
    let pairs = [
        (&primary.user_metadata, &secondary.user_metadata),
        (&primary.app_metadata, &secondary.app_metadata),
    ];
    pairs.map(|(ours, theirs)| {
        let (ours, theirs) = (Document::read(ours).unwrap(), Document::read(theirs).unwrap());
        conjoin_guest::merge::recursive(&ours, &theirs, Arrays::Concat)
            .plan()
            .unwrap()
    })
}

fn joined() -> Policy {
    let engine = Engine::new(EngineConfig::default()).unwrap();
    engine.load(conjoin_policies::JOINED.component).unwrap()
}

fn decisions(criterion: &mut Criterion) {
    // Enough for the largest: what a tenant lets a decision cost is not what is measured.
    let limits = Limits::builder().fuel(100_000_000_000).output_bytes(32 << 20);
    let (policy, event, limits) = (joined(), event(), limits.build().unwrap());
    let mut group = criterion.benchmark_group("decisions");
    group.bench_function("floor", |bencher| {
        bencher.iter(|| policy.describe_anew(&limits).outcome.unwrap());
    });
    for (name, bytes) in SIZES {
        let (primary, secondary) = (account(1, bytes), account(2, bytes));
        group.bench_function(BenchmarkId::new("decision", name), |bencher| {
            bencher.iter(|| policy.merge(&event, &primary, &secondary, &limits).outcome.unwrap());
        });
        group.bench_function(BenchmarkId::new("native", name), |bencher| {
            bencher.iter(|| natively(&primary, &secondary));
        });
        group.bench_function(BenchmarkId::new("same-code", name), |bencher| {
            bencher.iter(|| by_the_same_code(&primary, &secondary));
        });
    }
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);

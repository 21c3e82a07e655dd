//! `--settings` reaches the policy.

use std::process::Command;

use conjoin_tests::{Browser, Host, bounded};
use serde_json::{Value, json};

use crate::person::Person;

async fn host_with(settings: &Value) -> Host {
    Host::with(&["--settings", &settings.to_string()]).await
}

#[tokio::test]
async fn arrays_are_joined_as_the_settings_say() {
    for (rule, tags) in [
        ("concat", json!(["a", "b", "b", "c"])),
        ("union", json!(["a", "b", "c"])),
        ("primary", json!(["a", "b"])),
    ] {
        let host = host_with(&json!({ "arrays": rule })).await;
        let person = Person::named("arrays")
            .own(json!({ "user_metadata": { "tags": ["a", "b"] } }))
            .google(json!({ "user_metadata": { "tags": ["b", "c"] } }));
        let joined = person.put(&host.tenant).await.join(&host).await;
        assert_eq!(joined["user_metadata"]["tags"], tags, "{rule}");
    }
}

#[tokio::test]
async fn s17_the_oldest_account_survives_where_the_settings_say_so() {
    let host = host_with(&json!({ "primary": "oldest" })).await;
    for (name, own, google, survivor) in [
        (
            "younger",
            "2024-01-01T00:00:00.000Z",
            "2019-01-01T00:00:00.000Z",
            "found",
        ),
        (
            "older",
            "2019-01-01T00:00:00.000Z",
            "2024-01-01T00:00:00.000Z",
            "current",
        ),
    ] {
        let browser = Browser::new();
        let person = Person::named(name)
            .own(json!({ "created_at": own, "user_metadata": { "theme": "own" } }))
            .google(json!({ "created_at": google, "user_metadata": { "theme": "google" } }));
        let person = person.put(&host.tenant).await;
        let review = person.review(&host, &browser).await;
        assert_eq!(review.attributes("#survivor", "data-survivor"), [survivor]);
        let joined = person.confirm(&host, &browser, &review).await;
        let (id, theme) = if survivor == "found" {
            (person.google_id(), "google")
        } else {
            (person.own_id(), "own")
        };
        assert_eq!(
            (&joined["user_id"], &joined["user_metadata"]["theme"]),
            (&json!(id), &json!(theme))
        );
        let account = browser.get(host.at("/user")).await;
        assert_eq!(account.texts("#user-id"), [id]);
    }
}

#[tokio::test]
async fn app_metadata_that_the_settings_keep_out_is_listed_as_left_behind() {
    let host = host_with(&json!({ "app_metadata": "keep-primary" })).await;
    let browser = Browser::new();
    let person = Person::named("keeper")
        .own(json!({ "app_metadata": { "plan": "pro" } }))
        .google(json!({ "app_metadata": { "roles": ["admin"] } }));
    let person = person.put(&host.tenant).await;
    let review = person.review(&host, &browser).await;
    assert_eq!(
        review.texts("[data-bag=app_metadata] [data-list=discarded] li"),
        ["roles"]
    );
    let joined = person.confirm(&host, &browser, &review).await;
    assert_eq!(joined["app_metadata"], json!({ "plan": "pro" }));
}

#[test]
fn settings_that_the_policy_does_not_take_are_refused_at_the_start_by_their_place() {
    let said = refused_with("--settings", r#"{"arrays":"sum","colour":1}"#);
    assert!(said.contains("/arrays: ") && said.contains("colour"), "{said}");
}

#[test]
fn settings_that_are_no_object_are_refused_at_the_start() {
    for settings in ["[]", "nonsense", "\"union\""] {
        let said = refused_with("--settings", settings);
        assert!(said.contains("`--settings` is not a JSON object"), "{settings}: {said}");
    }
}

#[test]
fn limits_that_are_none_are_refused_at_the_start() {
    for (limits, why) in [
        ("[1]", "`--limits` is not a JSON object"),
        ("nonsense", "`--limits` is not a JSON object"),
        (r#"{"fule":1}"#, "unknown field `fule`"),
        (r#"{"fuel":"1"}"#, "expected u64"),
        (r#"{"fuel":0}"#, "the limit `fuel` is 0; it must be between 1 and"),
    ] {
        let said = refused_with("--limits", limits);
        assert!(said.contains(why), "{limits}: {said}");
    }
}

/// What `conjoin dev` says of an argument that it does not start with.
fn refused_with(argument: &str, value: &str) -> String {
    let mut start = Command::new(conjoin_tests::program());
    start.args([
        "dev",
        "--listen",
        "127.0.0.1:0",
        "--tenant-listen",
        "127.0.0.1:0",
        argument,
        value,
    ]);
    let started = bounded::output(&mut start).unwrap();
    let said = String::from_utf8(started.stderr).unwrap();
    assert_eq!(started.status.code(), Some(1), "{value}: {said}");
    said
}

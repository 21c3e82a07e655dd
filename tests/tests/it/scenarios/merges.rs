//! What the default policy makes of two bags, and what is sent for it.

use conjoin_tests::{Browser, Host};
use serde_json::{Value, json};

use super::pairs::{Pair, bag, fate};

/// Links a pair with these root attributes and answers the one body that was sent for it, if any, and the merged `user_metadata`.
async fn merged(host: &Host, name: &str, own: Value, google: Value) -> (Option<Value>, Value) {
    host.tenant.forget_calls().await;
    let pair = Pair::put(&host.tenant, name, own, google).await;
    pair.join(host, &Browser::new()).await;
    let mut bodies = host.tenant.bodies("PATCH").await;
    assert!(bodies.len() <= 1, "{bodies:?}");
    (bodies.pop(), bag(&host.tenant, &pair.own, "user_metadata").await)
}

fn user(bag: Value) -> Value {
    json!({ "user_metadata": bag })
}

fn app(bag: Value) -> Value {
    json!({ "app_metadata": bag })
}

#[tokio::test]
async fn s16_arrays_are_joined_the_primarys_first() {
    let host = Host::start().await;
    let (body, _) = merged(
        &host,
        "joan",
        app(json!({ "roles": ["Admin", "Both"] })),
        app(json!({ "roles": ["AppAdmin", "Both"] })),
    )
    .await;
    assert_eq!(
        body.unwrap(),
        app(json!({ "roles": ["Admin", "Both", "AppAdmin", "Both"] })),
        "as the seed has it: duplicates stay"
    );
}

#[tokio::test]
async fn s16_with_the_union_rule_there_are_no_duplicates_and_the_order_is_stable() {
    let host = Host::with(&["--settings", r#"{"arrays":"union"}"#]).await;
    for (name, own, google, result) in [
        (
            "joan",
            json!(["Admin"]),
            json!(["AppAdmin"]),
            json!(["Admin", "AppAdmin"]),
        ),
        (
            "mary",
            json!(["b", "a"]),
            json!(["c", "a", "b", "d"]),
            json!(["b", "a", "c", "d"]),
        ),
        (
            "kay",
            json!([{ "id": 1 }]),
            json!([{ "id": 1 }, { "id": 2 }]),
            json!([{ "id": 1 }, { "id": 2 }]),
        ),
    ] {
        let (body, _) = merged(
            &host,
            name,
            app(json!({ "roles": own })),
            app(json!({ "roles": google })),
        )
        .await;
        assert_eq!(body.unwrap(), app(json!({ "roles": result })), "{name}");
    }
}

#[tokio::test]
async fn s17_an_array_against_something_else_stays_the_primarys() {
    let host = Host::start().await;
    let kinds = [
        json!([1, 2]),
        json!("text"),
        json!(7),
        json!({ "key": "value" }),
        json!(true),
    ];
    for (number, other) in kinds.iter().enumerate().skip(1) {
        for (direction, own, google) in [("a", &kinds[0], other), ("b", other, &kinds[0])] {
            let name = format!("{direction}{number}");
            let (body, result) = merged(
                &host,
                &name,
                user(json!({ "mixed": own })),
                user(json!({ "mixed": google })),
            )
            .await;
            assert_eq!(body, None, "{own} against {google}");
            assert_eq!(result, json!({ "mixed": own }));
        }
    }
}

#[tokio::test]
async fn s18_a_primary_without_metadata_gets_all_of_the_others() {
    let host = Host::start().await;
    let full = json!({ "user_metadata": { "theme": "dark", "list": [1] }, "app_metadata": { "plan": "pro" } });
    for (name, own) in [
        ("absent", json!({})),
        ("empty", json!({ "user_metadata": {}, "app_metadata": {} })),
    ] {
        let (body, result) = merged(&host, name, own, full.clone()).await;
        assert_eq!(body.unwrap(), full, "{name}");
        assert_eq!(result, full["user_metadata"], "{name}");
    }
}

#[tokio::test]
async fn s18_a_secondary_without_metadata_sends_no_patch_at_all() {
    let host = Host::start().await;
    let full = json!({ "user_metadata": { "theme": "dark" }, "app_metadata": { "plan": "pro" } });
    for (name, google) in [
        ("absent", json!({})),
        ("empty", json!({ "user_metadata": {}, "app_metadata": {} })),
        ("equal", full.clone()),
    ] {
        let (body, result) = merged(&host, name, full.clone(), google).await;
        assert_eq!(body, None, "{name}");
        assert_eq!(result, full["user_metadata"], "{name}");
    }
}

#[tokio::test]
async fn s18_only_the_bag_and_the_keys_that_change_are_sent() {
    let host = Host::start().await;
    let own = json!({ "user_metadata": { "theme": "dark", "size": 12 }, "app_metadata": { "plan": "pro" } });
    let google = json!({ "user_metadata": { "theme": "light", "font": "serif" }, "app_metadata": {} });
    let (body, result) = merged(&host, "joan", own, google).await;
    assert_eq!(body.unwrap(), user(json!({ "font": "serif" })));
    assert_eq!(result, json!({ "theme": "dark", "size": 12, "font": "serif" }));
}

#[tokio::test]
async fn s19_a_null_is_never_sent_as_a_removal() {
    let host = Host::start().await;
    let own = user(json!({ "kept": "value", "inner": { "a": 1 } }));
    let google = user(json!({ "kept": null, "absent": null, "inner": { "a": null, "b": null } }));
    let (body, result) = merged(&host, "joan", own, google).await;
    if let Some(body) = body {
        let sent = body["user_metadata"].as_object().unwrap();
        assert!(sent.values().all(|value| !value.is_null()), "{body}");
    }
    assert_eq!(result["kept"], "value");
    assert_eq!(result["inner"]["a"], 1);
    assert!(result.get("absent").is_none());
}

#[tokio::test]
async fn s20_a_nested_change_sends_the_whole_first_level_value() {
    let host = Host::start().await;
    let own = user(json!({ "address": { "city": "London", "geo": { "lat": 51.5 } }, "theme": "dark" }));
    let google = user(json!({ "address": { "postcode": "W1J", "geo": { "long": -0.1 } } }));
    let (body, result) = merged(&host, "joan", own, google).await;
    let address = json!({ "city": "London", "postcode": "W1J", "geo": { "lat": 51.5, "long": -0.1 } });
    assert_eq!(body.unwrap(), user(json!({ "address": address })));
    assert_eq!(result, json!({ "address": address, "theme": "dark" }));
}

#[tokio::test]
async fn s21_keys_that_cannot_be_stored_are_listed_and_never_sent() {
    let host = Host::start().await;
    let pair = Pair::put(
        &host.tenant,
        "joan",
        json!({}),
        json!({
            "user_metadata": { "dotted.key": 1, "$dollar": 2, "__proto__": { "admin": true }, "fine": 4, "email_verified": true },
            "app_metadata": { "email_verified": true, "blocked": true, "fine": 5, "inner": { "a.b": 1, "ok": 2 } },
        }),
    )
    .await;
    let browser = Browser::new();
    let review = pair.review(&host, &browser).await;
    for row in [
        "user_metadata/dotted.key",
        "user_metadata/$dollar",
        "user_metadata/__proto__",
    ] {
        assert_eq!(fate(&review, row), "unstorable", "{row}");
    }
    assert_eq!(fate(&review, "app_metadata/email_verified"), "unstorable");
    assert_eq!(
        review.texts("[data-bag=app_metadata] [data-list=unstorable] li"),
        ["blocked", "email_verified", "inner/a.b"]
    );
    conjoin_tests::flow::confirm(&browser, &review).await;
    assert_eq!(
        host.tenant.bodies("PATCH").await,
        [json!({
            "user_metadata": { "fine": 4, "email_verified": true },
            "app_metadata": { "fine": 5, "inner": { "ok": 2 } },
        })],
        "reserved names are reserved in app_metadata only"
    );
}

#[tokio::test]
async fn s21_a_key_of_the_primary_that_cannot_be_stored_stays_and_is_not_sent() {
    let host = Host::start().await;
    let own = user(json!({ "dotted.key": [1], "$dollar": 2, "theme": "dark" }));
    let google = user(json!({ "dotted.key": [2], "fine": 3 }));
    let pair = Pair::put(&host.tenant, "joan", own, google).await;
    let browser = Browser::new();
    let review = pair.review(&host, &browser).await;
    assert_eq!(fate(&review, "user_metadata/dotted.key"), "primary-wins");
    assert_eq!(review.texts("[data-list=unstorable] li"), ["dotted.key"]);
    let page = conjoin_tests::flow::confirm(&browser, &review).await;
    assert_eq!(page.url.path(), "/user", "{}", page.readable());
    assert_eq!(host.tenant.bodies("PATCH").await, [user(json!({ "fine": 3 }))]);
    assert_eq!(
        bag(&host.tenant, &pair.own, "user_metadata").await,
        json!({ "dotted.key": [1], "$dollar": 2, "theme": "dark", "fine": 3 })
    );
}

#[tokio::test]
async fn s22_over_10_kb_the_person_is_told_before_anything_is_written() {
    let host = Host::start().await;
    for (name, bytes, told) in [("small", 4_000, 0), ("large", 6_000, 1)] {
        let text = |letter: &str| letter.repeat(bytes);
        let own = user(json!({ "a": text("a") }));
        let pair = Pair::put(&host.tenant, name, own, user(json!({ "b": text("b") }))).await;
        let review = pair.review(&host, &Browser::new()).await;
        assert_eq!(review.texts("#too-large").len(), told, "{name}");
    }
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn s22_an_account_over_10_kb_still_links() {
    let host = Host::start().await;
    let own = user(json!({ "a": "a".repeat(20_000) }));
    let (body, _) = merged(&host, "large", own, user(json!({ "b": "b".repeat(20_000) }))).await;
    assert_eq!(body.unwrap(), user(json!({ "b": "b".repeat(20_000) })));
}

#[tokio::test]
async fn s23_what_is_new_in_app_metadata_is_marked() {
    let host = Host::start().await;
    let own = json!({ "user_metadata": { "a": 1 }, "app_metadata": { "roles": ["User"], "same": 1, "mine": 2 } });
    let google =
        json!({ "user_metadata": { "b": 2 }, "app_metadata": { "roles": ["Owner"], "same": 1, "plan": "pro" } });
    let pair = Pair::put(&host.tenant, "joan", own, google).await;
    let review = pair.review(&host, &Browser::new()).await;
    assert_eq!(
        review.attributes("[data-grants]", "data-row"),
        ["app_metadata/plan", "app_metadata/roles"]
    );
}

#[tokio::test]
async fn s23_locked_paths_are_kept_out_and_shown() {
    let host = Host::with(&["--lock", "app_metadata/roles", "--lock", "app_metadata/plan"]).await;
    let own = app(json!({ "roles": ["User"] }));
    let google = app(json!({ "roles": ["Owner"], "plan": "pro", "seen": true }));
    let pair = Pair::put(&host.tenant, "joan", own, google).await;
    let browser = Browser::new();
    let review = pair.review(&host, &browser).await;
    assert_eq!(fate(&review, "app_metadata/roles"), "kept-out");
    assert_eq!(fate(&review, "app_metadata/plan"), "kept-out");
    conjoin_tests::flow::confirm(&browser, &review).await;
    assert_eq!(host.tenant.bodies("PATCH").await, [app(json!({ "seen": true }))]);
}

#[tokio::test]
async fn s24_root_attributes_are_never_written() {
    let host = Host::start().await;
    let roots = json!({ "email": "joan@evil.example", "user_id": "auth0|root", "blocked": true, "identities": [] });
    let google = json!({ "user_metadata": roots, "app_metadata": roots });
    let pair = Pair::put(&host.tenant, "joan", json!({}), google).await;
    let before = host.tenant.user(&pair.own).await.unwrap();
    pair.join(&host, &Browser::new()).await;
    for body in host.tenant.bodies("PATCH").await {
        let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert!(
            fields
                .iter()
                .all(|field| ["user_metadata", "app_metadata"].contains(&field.as_str())),
            "{fields:?}"
        );
    }
    let after = host.tenant.user(&pair.own).await.unwrap();
    for root in ["email", "email_verified", "user_id", "blocked", "name"] {
        assert_eq!(after[root], before[root], "{root}");
    }
    assert_eq!(after["app_metadata"], Value::Null, "every name of these is Auth0's own");
}

#[tokio::test]
async fn s39_keys_with_slashes_and_tildes_are_carried() {
    let host = Host::start().await;
    let google = user(json!({ "a/b": 1, "~": 2, "~1": 3, "": 4, "ключ": 5, "a b": { "c/d": [6] } }));
    let (body, result) = merged(&host, "joan", json!({}), google.clone()).await;
    assert_eq!(body.unwrap(), google);
    assert_eq!(result, google["user_metadata"]);
}

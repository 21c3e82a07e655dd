//! Metadata and addresses that their owner wrote to do harm.

use std::collections::BTreeSet;

use conjoin_tests::{Browser, Host, Page, flow};
use serde_json::{Map, Value, json};

use super::ada;

/// Ada's Google account holds this `user_metadata`, which its owner can edit; the preview of joining it, or what comes instead.
async fn review_of(host: &Host, user_metadata: Value) -> (Browser, Page) {
    host.tenant
        .change_user(
            "google-oauth2|1001",
            json!({ "user_metadata": user_metadata, "app_metadata": {} }),
        )
        .await;
    let (browser, account) = ada(host).await;
    let page = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    (browser, page)
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!("deep"), |inner, _| json!({ "d": inner }))
}

#[tokio::test]
async fn a33_keys_with_a_meaning_of_their_own_do_not_reach_the_primary() {
    let host = Host::start().await;
    let harmful = json!({
        "__proto__": { "admin": true }, "a.b": 1, "$set": { "x": 1 }, "harmless": { "__proto__": { "admin": true }, "$inc": 1, "c.d": 2, "kept": "yes" },
        "list": [{ "__proto__": 1, "kept": 2 }], "constructor": { "prototype": { "admin": true } }, "toString": "text", "": "empty", "blocked": true, "email_verified": true,
    });
    let (browser, review) = review_of(&host, harmful).await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    for key in ["__proto__", "a.b", "$set"] {
        assert_eq!(
            review.attributes(&format!("[data-row='user_metadata/{key}']"), "data-fate"),
            ["unstorable"],
            "{key}"
        );
    }
    let linked = flow::confirm(&browser, &review).await;
    assert_eq!(linked.url.query(), Some("done=linked"), "{}", linked.readable());
    let ada = host.tenant.user("auth0|ada").await.unwrap();
    let bag = ada["user_metadata"].as_object().unwrap();
    for key in ["__proto__", "a.b", "$set"] {
        assert!(!bag.contains_key(key), "{key}");
    }
    assert_eq!(bag["harmless"], json!({ "kept": "yes" }));
    assert_eq!(bag["list"], json!([{ "kept": 2 }]));
    assert_eq!(
        (&bag["constructor"], &bag["toString"]),
        (&json!({ "prototype": { "admin": true } }), &json!("text")),
        "ordinary data"
    );
    assert_eq!(bag["theme"], "dark", "the primary's own is untouched");
    assert_ne!(ada["blocked"], true, "metadata is not the account");
    assert_eq!(
        ada["app_metadata"],
        json!({ "roles": ["Admin"], "plan": "pro", "features": { "export": true } }),
        "nor the other bag"
    );
}

#[tokio::test]
async fn a33_reserved_names_in_app_metadata_are_left_out() {
    let host = Host::start().await;
    host.tenant
        .change_user(
            "google-oauth2|1001",
            json!({ "app_metadata": { "blocked": false, "user_id": "auth0|ada", "identities": [], "__tenant": "x", "multifactor": [], "fine": 1 } }),
        )
        .await;
    let (browser, account) = ada(&host).await;
    let review = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    let linked = flow::confirm(&browser, &review).await;
    assert_eq!(linked.url.query(), Some("done=linked"), "{}", linked.readable());
    let bag = host.tenant.user("auth0|ada").await.unwrap()["app_metadata"].clone();
    let keys: BTreeSet<&str> = bag.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["features", "fine", "plan", "roles"]));
}

#[tokio::test]
async fn a33_metadata_nested_too_deep_is_not_joined() {
    let host = Host::start().await;
    let before = host.tenant.holdings().await["auth0|ada"].clone();
    let (browser, page) = review_of(&host, nested(101)).await;
    assert_eq!((page.status, page.message().as_str()), (422, "too-deep"));
    assert_eq!(super::signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
    assert_eq!(host.tenant.holdings().await["auth0|ada"], before);
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a33_metadata_beyond_measure_is_joined_whole_or_not_at_all() {
    let host = Host::start().await;
    let many: Map<String, Value> = (0..60_000).map(|n| (format!("key-{n}"), json!(n))).collect();
    let large = [
        json!({ "text": "x".repeat(1_900_000) }),
        json!({ "list": vec!["x"; 400_000] }),
        Value::Object(many),
    ];
    for (number, user_metadata) in large.into_iter().enumerate() {
        let before = host.tenant.holdings().await;
        let (browser, page) = review_of(&host, user_metadata.clone()).await;
        let held = host.tenant.holdings().await["google-oauth2|1001"].clone();
        let end = if page.name() == "link-review" {
            flow::confirm(&browser, &page).await
        } else {
            page
        };
        let after = host.tenant.holdings().await;
        if end.url.query() == Some("done=linked") {
            let ada = host.tenant.user("auth0|ada").await.unwrap();
            for (key, value) in user_metadata.as_object().unwrap() {
                assert_eq!(&ada["user_metadata"][key], value, "number {number}: {key}");
            }
            return;
        }
        assert_eq!(end.name(), "message", "number {number}: {}", end.readable());
        assert_eq!(after["auth0|ada"], before["auth0|ada"], "number {number}");
        assert_eq!(after["google-oauth2|1001"], held, "number {number}");
        let account = browser.get(host.at("/user")).await;
        assert_eq!(
            account.texts("#user-id"),
            ["auth0|ada"],
            "number {number}: still signed in after {}",
            end.message()
        );
    }
}

#[tokio::test]
async fn a33_a_hundred_levels_and_a_large_bag_are_carried_whole() {
    let host = Host::start().await;
    let large: Map<String, Value> = (0..300)
        .map(|n| (format!("key-{n}"), json!({ "text": "x".repeat(100), "n": n })))
        .collect();
    let mut user_metadata = json!({ "deep": nested(98), "large": large });
    let (browser, review) = review_of(&host, user_metadata.clone()).await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    assert!(
        review.text.len() < 500_000,
        "the page stays readable: {} bytes",
        review.text.len()
    );
    let linked = flow::confirm(&browser, &review).await;
    assert_eq!(linked.url.query(), Some("done=linked"), "{}", linked.readable());
    let ada = host.tenant.user("auth0|ada").await.unwrap();
    for key in ["deep", "large"] {
        assert_eq!(ada["user_metadata"][key], user_metadata[key].take(), "{key}");
    }
}

#[tokio::test]
async fn a34_what_a_person_edits_themselves_does_not_become_app_metadata() {
    let host = Host::start().await;
    let grants = json!({ "roles": ["Owner"], "app_metadata": { "roles": ["Owner"] }, "plan": "enterprise" });
    let (browser, review) = review_of(&host, grants).await;
    assert_eq!(
        review.attributes("section[data-bag=app_metadata] [data-grants]", "data-grants"),
        Vec::<String>::new()
    );
    flow::confirm(&browser, &review).await;
    let ada = host.tenant.user("auth0|ada").await.unwrap();
    assert_eq!(
        ada["app_metadata"],
        json!({ "roles": ["Admin"], "plan": "pro", "features": { "export": true } })
    );
}

#[tokio::test]
async fn a35_an_address_is_never_a_query() {
    let host = Host::start().await;
    let addresses = [
        "\"quoted\"@example.com",
        "x\" OR email:\"*",
        "x\\\" OR email:*",
        "*@example.com",
        "ada?example.com@example.com",
        "(ada OR linus)@example.com",
        "a+b&per_page=50&q=*#@example.com",
        "ada@example.com\" AND \"1",
        "[* TO *]@example.com",
        "ada%40example.com@example.com",
        "ünï@example.com",
    ];
    for (number, address) in addresses.iter().enumerate() {
        let id = format!("auth0|attacker-{number}");
        host.tenant
            .put_user(&json!({ "user_id": id, "email": address, "email_verified": true, "password": conjoin_tests::PASSWORD }))
            .await;
        host.tenant.forget_calls().await;
        let browser = Browser::new();
        let account = flow::sign_in(&host, &browser, address).await;
        assert_eq!(account.texts("#user-id"), [id]);
        assert_eq!(
            account.attributes("#offers", "data-offers"),
            ["none"],
            "{address}: {}",
            account.readable()
        );
        let calls = host.tenant.calls().await;
        let asked: Vec<String> = calls
            .iter()
            .map(|call| call["path"].as_str().unwrap().to_owned())
            .filter(|path| path.starts_with("/api/v2/users"))
            .collect();
        let encoded: Vec<url::Url> = asked.iter().map(|path| host.tenant.at(path)).collect();
        let mut searched = 0;
        for url in &encoded {
            for (name, value) in url.query_pairs() {
                match name.as_ref() {
                    "email" => assert_eq!(value.to_ascii_lowercase(), address.to_ascii_lowercase()),
                    "q" => {
                        let escaped = address.replace('\\', "\\\\").replace('"', "\\\"");
                        assert_eq!(value, format!("email:\"{escaped}\""));
                        searched += 1;
                    }
                    "search_engine" | "page" | "per_page" | "fields" | "include_fields" => {}
                    other => panic!("{address} adds {other}: {url}"),
                }
            }
        }
        assert_eq!(searched, 1, "{address}: {asked:?}");
    }
    // The same characters in a second account's address are found, and it alone.
    for (number, address) in addresses.iter().enumerate() {
        host.tenant
            .put_user(&json!({ "user_id": format!("google-oauth2|twin-{number}"), "email": address, "email_verified": true, "password": conjoin_tests::PASSWORD }))
            .await;
        let browser = Browser::new();
        let account = flow::sign_in(&host, &browser, address).await;
        assert_eq!(
            account.attributes("[data-offer]", "data-offer"),
            ["Google"],
            "{address}"
        );
    }
}

#[tokio::test]
async fn a35_strangers_with_the_same_address_cannot_take_the_page_away() {
    let host = Host::start().await;
    let squatter = |name: &str, email: &str, user_metadata: Value| {
        json!({
            "user_id": format!("facebook|{name}"), "email": email, "email_verified": false, "password": conjoin_tests::PASSWORD, "user_metadata": user_metadata,
        })
    };
    // Together more than the host reads of one answer.
    let large = json!({ "text": "x".repeat(1_900_000) });
    for name in ["one", "two", "three"] {
        host.tenant
            .put_user(&squatter(name, "ada@example.com", large.clone()))
            .await;
        host.tenant
            .put_user(&squatter(&format!("{name}-spelled"), "ADA@example.com", large.clone()))
            .await;
    }
    // More of them than the host looks at.
    for number in 0..30 {
        let name = format!("crowd-{number}");
        host.tenant
            .put_user(&squatter(&name, "ada@example.com", json!({})))
            .await;
    }
    // Deeper than a JSON reader goes by itself.
    host.tenant
        .put_user(&squatter("deep", "ada@example.com", nested(120)))
        .await;
    host.tenant
        .put_user(&squatter("deep-spelled", "ADA@example.com", nested(126)))
        .await;
    let (_, account) = ada(&host).await;
    assert_eq!(account.name(), "account", "{}", account.readable());
    assert_eq!(account.attributes("[data-offer]", "data-offer"), ["GitHub", "Google"]);
}

#[tokio::test]
async fn a08_addresses_that_only_look_alike_are_not_offered() {
    let host = Host::start().await;
    let lookalikes = [
        "adа@example.com", // Cyrillic a
        "ada@exampIe.com", // a capital i
        "ada+x@example.com",
        "a.da@example.com",
        "ada@example.com ",
        " ada@example.com",
        "ada@example.com.",
        "ada\u{200b}@example.com",
        "ada＠example.com",
        "ada@example.co",
        "ADA@EXAMPLE.COM\u{0}",
    ];
    for (number, address) in lookalikes.iter().enumerate() {
        host.tenant
            .put_user(&json!({ "user_id": format!("google-oauth2|alike-{number}"), "email": address, "email_verified": true, "password": conjoin_tests::PASSWORD }))
            .await;
    }
    let (_, account) = ada(&host).await;
    assert_eq!(
        account.attributes("[data-offer]", "data-offer"),
        ["GitHub", "Google"],
        "only her own"
    );
    // K (U+212A) folds to k in Unicode, and is another letter in an address.
    host.tenant
        .put_user(&json!({ "user_id": "auth0|kelvin", "email": "kate@example.com", "email_verified": true, "password": conjoin_tests::PASSWORD }))
        .await;
    host.tenant
        .put_user(&json!({ "user_id": "google-oauth2|kelvin", "email": "\u{212a}ate@example.com", "email_verified": true, "password": conjoin_tests::PASSWORD }))
        .await;
    let kate = Browser::new();
    let account = flow::sign_in(&host, &kate, "kate@example.com").await;
    assert_eq!(account.attributes("#offers", "data-offers"), ["none"]);
}

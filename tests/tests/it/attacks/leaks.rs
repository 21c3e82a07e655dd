//! What is shown before the other account is proven, and what is written into the log.

use conjoin_tests::{Browser, Host, Page, flow};
use serde_json::{Value, json};

use super::{ada, authorize_url, session_of};

/// Marks that nobody but the other accounts holds, planted in everything that a user record has.
const MARKS: [&str; 9] = [
    "Mark-Name",
    "mark-nick",
    "mark-given",
    "mark-picture",
    "mark-value",
    "mark-key",
    "mark-ip",
    "Mark@Example.COM",
    "mark-app",
];

/// Gives Ada's other accounts attributes that can be recognised.
async fn mark(host: &Host) {
    for id in ["google-oauth2|1001", "github|1002", "facebook|1003"] {
        host.tenant
            .change_user(
                id,
                json!({
                    "name": "Mark-Name", "nickname": "mark-nick", "given_name": "mark-given", "picture": "https://mark-picture.example/p.png",
                    "last_ip": "mark-ip", "last_login": "2019-09-09T09:09:09.000Z", "created_at": "2018-08-08T08:08:08.000Z", "logins_count": 987_654,
                    "user_metadata": { "mark-key": "mark-value" }, "app_metadata": { "mark-app": ["mark-value"] },
                }),
            )
            .await;
    }
}

/// The page says nothing of an account that is not proven: no id, no attribute.
fn assert_silent(page: &Page, what: &str) {
    let ids = [
        "1001",
        "1002",
        "1003",
        "google-oauth2",
        "2019-09-09",
        "2018-08-08",
        "987654",
        "987,654",
        "Facebook",
        "facebook",
    ];
    for told in MARKS.iter().chain(&ids) {
        assert!(!page.text.contains(told), "{what} tells {told}:\n{}", page.text);
    }
    for header in page.headers.values().filter_map(|value| value.to_str().ok()) {
        // Addresses carry a port, which can be any number.
        let words = header.split_whitespace().filter(|word| !word.starts_with("http://"));
        for word in words {
            assert!(
                MARKS.iter().chain(&ids[..3]).all(|told| !word.contains(told)),
                "{what}: {header}"
            );
        }
    }
}

#[tokio::test]
async fn a31_nothing_but_the_connection_is_shown_before_proof() {
    let host = Host::start().await;
    mark(&host).await;
    let (browser, account) = ada(&host).await;
    assert_eq!(account.attributes("[data-offer]", "data-offer"), ["GitHub", "Google"]);
    assert_silent(&account, "the account page");
    let tokens = account.attributes("[name=candidate]", "value");
    assert!(tokens.iter().all(|token| token.len() >= 22), "opaque: {tokens:?}");

    assert_silent(
        &flow::prove(&browser, &account, "Google", "linus@example.com").await,
        "wrong-account",
    );
    assert!(browser.get(host.at("/user")).await.readable().contains("Ada Lovelace"));
    let at_google = flow::choose(&browser, &account, "Google").await;
    let cancel = at_google.attributes("a[href*=cancel]", "href").pop().unwrap();
    let cancelled = browser.get(host.tenant.url.join(&cancel).unwrap()).await;
    assert_eq!(cancelled.message(), "cancelled");
    assert_silent(&cancelled, "cancelled");

    host.tenant.switches(json!({ "strip_auth_time": true })).await;
    let undated = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    assert_eq!(undated.message(), "no-auth-time");
    assert_silent(&undated, "no-auth-time");
    host.tenant
        .switches(json!({ "next_id_token": { "algorithm": "none" } }))
        .await;
    assert_silent(
        &flow::prove(&browser, &account, "Google", "ada@example.com").await,
        "tenant-refused",
    );
    let forged = browser
        .submit(&account.form("[data-offer=Google]").with("candidate", "google-oauth2|x"))
        .await;
    assert_eq!(forged.message(), "not-offered");
    assert_silent(&forged, "not-offered");
    assert_silent(
        &browser
            .get(host.at("/link/review/0123456789abcdef0123456789abcdef"))
            .await,
        "not-found",
    );
}

#[tokio::test]
async fn a31_the_way_to_the_tenant_tells_nothing_either() {
    let host = Host::start().await;
    mark(&host).await;
    let (browser, account) = ada(&host).await;
    let authorize = authorize_url(&browser, &account, "GitHub").await;
    for told in MARKS.iter().chain(&["1001", "1002", "Ada%40Example", "Ada@Example"]) {
        assert!(!authorize.as_str().contains(told), "{authorize}");
    }
}

#[tokio::test]
async fn a32_nobody_learns_why_an_account_is_not_offered() {
    let host = Host::start().await;
    let page = |who: &'static str| {
        let host = &host;
        async move {
            let browser = Browser::new();
            flow::sign_in(host, &browser, who).await
        }
    };
    let alone = page("grace@example.com").await;
    host.tenant
        .change_user("google-oauth2|1001", json!({ "blocked": true }))
        .await;
    host.tenant
        .change_user("github|1002", json!({ "email_verified": false }))
        .await;
    let others = page("ada@example.com").await;
    let texts = [&alone, &others].map(|page| page.texts("#offers"));
    assert_eq!(texts[0], texts[1], "the same words for none and for none that may");
    assert_eq!(alone.attributes("#offers", "data-offers"), ["none"]);
}

/// Collects every string and key of a JSON value that is long enough to be recognised.
fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= 5 => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(map) => map.values().for_each(|value| collect(value, into)),
        _ => {}
    }
}

#[tokio::test]
async fn a42_secrets_and_metadata_values_stay_out_of_the_log() {
    let host = Host::start().await;
    host.tenant
        .change_user(
            "google-oauth2|1001",
            json!({ "user_metadata": { "note": "mark-value" }, "app_metadata": { "roles": ["mark-role"] } }),
        )
        .await;
    let mut secrets = Vec::new();
    for user in host.tenant.users().await {
        collect(&user["user_metadata"], &mut secrets);
        collect(&user["app_metadata"], &mut secrets);
    }
    secrets.extend(["conjoin-dev-secret", "conjoin-m2m-secret", "eyJ"].map(str::to_owned));

    let (browser, account) = ada(&host).await;
    secrets.push(session_of(&host, &browser));
    flow::prove(&browser, &account, "Google", "linus@example.com").await;
    let authorize = authorize_url(&browser, &account, "Google").await;
    let callback = super::callback_url(&host, &browser, authorize.clone(), "ada@example.com").await;
    for (address, names) in [(&authorize, ["state", "nonce"]), (&callback, ["code", "state"])] {
        secrets.extend(names.map(|name| super::parameter(address, name)));
    }
    let review = browser.get(callback.clone()).await;
    secrets.push(session_of(&host, &browser));
    secrets.push(review.form("#confirm").value("csrf_token").to_owned());
    secrets.extend(account.attributes("[name=candidate]", "value"));
    browser.get(callback).await;
    // An answer that quotes what was sent, as the tenant's errors may.
    let quoting = json!({ "statusCode": 400, "error": "Bad Request", "message": "Payload validation error: mark-value and mark-role" });
    host.tenant
        .faults(json!([{ "method": "PATCH", "path": "/api/v2/users/", "status": 400, "body": quoting }]))
        .await;
    flow::confirm(&browser, &review).await;
    host.tenant.faults(json!([])).await;
    let account = browser.get(host.at("/user")).await;
    let review = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    let linked = flow::confirm(&browser, &review).await;
    assert_eq!(linked.url.query(), Some("done=linked"), "{}", linked.readable());
    let unlink = browser
        .submit(&linked.form("[data-identity='google-oauth2|1001']"))
        .await;
    flow::confirm(&browser, &unlink).await;
    browser
        .get_once(host.at("/callback?error=access_denied&error_description=mark-value&state=x"))
        .await;
    super::thief(&host, "mark-value").get_once(host.at("/user")).await;
    let log_out = browser.get(host.at("/logout")).await.form("#confirm");
    browser.submit(&log_out).await;

    host.said("/link/confirm").await;
    let log = host.said("/logout").await;
    for secret in secrets {
        assert!(!log.contains(&secret), "the log tells {secret}:\n{log}");
    }
}

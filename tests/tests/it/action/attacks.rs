//! What somebody else's sign-in, token or state comes to.

use conjoin_tests::action::{App, SECRET, agree, start};
use conjoin_tests::{Browser, Host};
use serde_json::{Value, json};
use url::Url;

use super::{claims, go_on, identities};
use crate::attacks::{parameter, with_parameters};

const GOOGLE: &str = "google-oauth2|1001";

/// A token of these claims, signed with a secret.
fn signed(claims: &Value, secret: &str) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).unwrap()
}

/// Somebody signs in with the Google account, and gives the address that the sign-in leads to away.
async fn begun(host: &Host, app: &App, browser: &Browser) -> Url {
    app.sent_away(host, browser, Some("google-oauth2"), "ada@example.com")
        .await
}

#[tokio::test]
async fn a12_a14_a_sign_in_that_somebody_else_finishes_joins_nothing() {
    let host = start(&[]).await;
    let (app, attacker, victim) = (App::of(&host), Browser::new(), Browser::new());
    let away = begun(&host, &app, &attacker).await;
    let before = host.tenant.holdings().await;
    // The victim is lured to the address, proves their own account and agrees: all that anyone can be talked into.
    let back = agree(&victim, away.clone(), "e-mail and password", "ada@example.com").await;
    let page = go_on(&victim, &back).await;
    assert_eq!((page.status, page.location()), (400, None), "{}", page.readable());
    assert!(page.readable().contains("invalid_request"));
    // Their tries are theirs: the attacker goes on as who they are, with nothing.
    let mut on = host.tenant.at("/continue");
    on.query_pairs_mut().append_pair("state", &parameter(&away, "state"));
    let page = attacker.get_once(on).await;
    assert_eq!(app.arrive(&attacker, page).await, Ok(GOOGLE.to_owned()));
    assert!(host.tenant.writes().await.is_empty());
    assert_eq!(host.tenant.holdings().await, before);
    assert_eq!(identities(&host, "auth0|ada").await, ["auth0|ada"]);
    let trail = host.operate(&["audit", "export"]);
    assert!(
        trail.contains("link.agreed") && !trail.contains("link.confirmed"),
        "{trail}"
    );
}

#[tokio::test]
async fn a12_the_attacker_cannot_finish_what_the_victim_agreed_to_with_a_token_of_their_own() {
    let host = start(&[]).await;
    let (app, attacker, victim) = (App::of(&host), Browser::new(), Browser::new());
    let away = begun(&host, &app, &attacker).await;
    agree(&victim, away.clone(), "e-mail and password", "ada@example.com").await;
    // Of a second sign-in of their own they have a good token that says no, which the first one does not take.
    let second = Browser::new();
    let visit = second.get(begun(&host, &app, &second).await).await;
    let leave = visit.url.join(&visit.attributes("#decline", "href")[0]).unwrap();
    let on = second.get_once(leave).await.location().unwrap();
    let state = parameter(&away, "state");
    let page = attacker
        .get_once(with_parameters(&on, &[("state", Some(&state))]))
        .await;
    assert_eq!(app.arrive(&attacker, page).await, Ok(GOOGLE.to_owned()));
    assert!(host.tenant.writes().await.is_empty());
    let stamp = host.tenant.user(GOOGLE).await.unwrap()["app_metadata"]["conjoin_ask_after"].clone();
    assert!(stamp.is_null(), "a token of another sign-in says nothing: {stamp}");
}

#[tokio::test]
async fn a24_a_visit_is_of_one_browser() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let visit = browser.get(begun(&host, &app, &browser).await).await;
    let other = Browser::new();
    other.get(host.at("/")).await;
    for path in ["visit", "review", "return", "leave"] {
        let address = visit.url.path().replacen("visit", path, 1);
        let page = other.get_once(host.at(&address)).await;
        assert_eq!(page.message(), "stray-sign-in", "{address}: {}", page.readable());
    }
    let form = visit.form("[data-offer='e-mail and password']");
    let page = other.submit_once(&form).await;
    assert_eq!(page.message(), "forged-form", "{}", page.readable());
}

#[tokio::test]
async fn a10_a_choice_or_agreement_from_another_page_is_refused() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let visit = browser.get(begun(&host, &app, &browser).await).await;
    let form = visit.form("[data-offer='e-mail and password']");
    let page = browser.submit_from(&form, "https://elsewhere.example").await;
    assert_eq!(page.message(), "forged-form", "{}", page.readable());
    let page = browser.submit_once(&form.clone().with("csrf_token", "guessed")).await;
    assert_eq!(page.message(), "forged-form", "{}", page.readable());
    let page = browser.submit_once(&form.with("candidate", "auth0|ada")).await;
    assert_eq!(page.message(), "not-offered", "{}", page.readable());
}

#[tokio::test]
async fn a23_forged_and_foreign_session_tokens_begin_nothing_and_the_sign_in_goes_on() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = begun(&host, &app, &browser).await;
    let good = claims(&parameter(&away, "session_token"));
    let changed = |changes: Value| {
        let mut claims = good.clone();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    };
    let now = good["iat"].as_i64().unwrap();
    let unsigned = format!(
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.",
        parameter(&away, "session_token").split('.').nth(1).unwrap()
    );
    let forged = [
        (
            "another secret",
            signed(&good, "another secret of thirty-two characters"),
        ),
        ("no signature", unsigned),
        ("nonsense", "nonsense".to_owned()),
        ("nothing", String::new()),
        (
            "another issuer",
            signed(&changed(json!({ "iss": "other.eu.auth0.com" })), SECRET),
        ),
        (
            "expired",
            signed(
                &changed(json!({ "iat": now - 300, "exp": now - 180, "auth_time": now - 301 })),
                SECRET,
            ),
        ),
        (
            "for a year",
            signed(&changed(json!({ "exp": now + 31_536_000 })), SECRET),
        ),
        (
            "a sign-in of tomorrow",
            signed(&changed(json!({ "auth_time": now + 86_400 })), SECRET),
        ),
        (
            "no time of the sign-in",
            signed(&changed(json!({ "auth_time": null })), SECRET),
        ),
        (
            "a return token",
            signed(&changed(json!({ "purpose": "conjoin-return" })), SECRET),
        ),
    ];
    for (what, token) in forged {
        let page = browser
            .get_once(with_parameters(&away, &[("session_token", Some(&token))]))
            .await;
        let on = page.location().unwrap_or_else(|| panic!("{what}: {}", page.readable()));
        let mut expected = host.tenant.at("/continue");
        expected
            .query_pairs_mut()
            .append_pair("state", &parameter(&away, "state"));
        assert_eq!(on, expected, "{what}");
    }
    // None of them used the good one up.
    let visit = browser.get(away).await;
    assert_eq!(visit.name(), "action-visit", "{}", visit.readable());
}

#[tokio::test]
async fn a16_an_old_sign_in_behind_a_good_token_shows_nothing() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = begun(&host, &app, &browser).await;
    let mut old = claims(&parameter(&away, "session_token"));
    old["auth_time"] = json!(old["auth_time"].as_i64().unwrap() - 700);
    let token = signed(&old, SECRET);
    let page = browser
        .get_once(with_parameters(&away, &[("session_token", Some(&token))]))
        .await;
    assert_eq!(app.arrive(&browser, page).await, Ok(GOOGLE.to_owned()));
}

#[tokio::test]
async fn a26_the_way_back_leads_to_the_tenant_alone() {
    let host = start(&[]).await;
    let browser = Browser::new();
    for state in [
        "https://evil.example/",
        "//evil.example",
        "x&redirect_uri=https://evil.example",
        "\r\nSet-Cookie: a=b",
    ] {
        let mut address = host.at("/action/link");
        address.query_pairs_mut().append_pair("state", state);
        let on = browser.get_once(address).await.location().expect("a redirect");
        assert_eq!(on.origin(), host.tenant.url.origin());
        assert_eq!((on.path(), parameter(&on, "state").as_str()), ("/continue", state));
    }
    let without = browser.get_once(host.at("/action/link")).await;
    assert_eq!(without.message(), "bad-request", "{}", without.readable());
}

#[tokio::test]
async fn a13_a_return_token_is_good_for_one_state_and_once() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let back = agree(
        &browser,
        begun(&host, &app, &browser).await,
        "e-mail and password",
        "ada@example.com",
    )
    .await;
    let form = back.form("#continue");
    // The same person, in a second sign-in of theirs.
    let second = Browser::new();
    let other = begun(&host, &app, &second).await;
    let mut exchanged = form.clone();
    exchanged.action = with_parameters(&form.action, &[("state", Some(&parameter(&other, "state")))]);
    let page = second.submit_once(&exchanged).await;
    assert_eq!(app.arrive(&second, page).await, Ok(GOOGLE.to_owned()));
    assert!(host.tenant.writes().await.is_empty());
    // In its own it counts, and then never again.
    let page = browser.submit_once(&form).await;
    assert_eq!(app.arrive(&browser, page).await, Ok("auth0|ada".to_owned()));
    let page = browser.submit_once(&form).await;
    assert_eq!(page.status, 400, "{}", page.readable());
}

#[tokio::test]
async fn a31_nothing_of_the_other_account_shows_before_it_is_proven() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let visit = browser.get(begun(&host, &app, &browser).await).await;
    for secret in ["auth0|ada", "Ada Lovelace", "London", "Admin", "ada@example.com"] {
        assert!(!visit.text.contains(secret), "{secret}");
    }
}

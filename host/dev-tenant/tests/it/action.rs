//! Post-login Actions, and the way out and back with `/continue`.

use std::collections::BTreeMap;
use std::path::Path;

use conjoin_dev_tenant::{Config, PostLoginAction, Readings};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use url::Url;

use crate::browser::{Browser, Landed};
use crate::support::{CALLBACK, Running, claims, start_with};

const KEY: &str = "the key of the Action and the page that it leads to";

/// A tenant with the Action of `tests/actions`, told what to do.
async fn start(secrets: &[(&str, &str)]) -> Running {
    start_where(Readings::default(), secrets).await
}

async fn start_where(unconfirmed: Readings, secrets: &[(&str, &str)]) -> Running {
    let secrets = [("KEY", KEY)].iter().chain(secrets);
    let action = PostLoginAction {
        file: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/actions/several.js"),
        secrets: secrets
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    };
    let config = Config {
        post_login_action: Some(action),
        unconfirmed,
        ..Config::default()
    };
    start_with(config).await
}

async fn user(running: &Running, id: &str) -> Value {
    running.api().await.user(id).await.body
}

/// The page's answer: a token with this state.
fn answer(state: &str, key: &str, expires_in: i64) -> String {
    let now = i64::try_from(jsonwebtoken::get_current_timestamp()).unwrap();
    let claims = json!({ "state": state, "exp": now + expires_in, "color": "blue" });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
}

/// Ada, where the Action sent her.
async fn away(running: &Running, browser: &mut Browser) -> Landed {
    let landed = browser.sign_in("ada@example.com", &[]).await;
    assert!(running.tenant.issuer().host() != landed.url.host(), "{}", landed.url);
    landed
}

fn back(running: &Running, parameters: &[(&str, &str)]) -> Url {
    let mut url = Url::parse(&running.url("continue")).unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    url
}

#[tokio::test]
async fn an_action_denies_and_its_metadata_is_written_all_the_same() {
    let running = start(&[("DO", "deny")]).await;
    let landed = running.browser().sign_in("ada@example.com", &[]).await;
    assert_eq!(landed.parameter("error"), "access_denied");
    assert_eq!(landed.parameter("error_description"), "not today");
    assert_eq!(user(&running, "auth0|ada").await["app_metadata"]["denied"], json!(true));
}

#[tokio::test]
async fn an_action_sees_who_signs_in_and_how_and_changes_nothing_by_writing_to_its_event() {
    let running = start(&[("DO", "stamp")]).await;
    let landed = running
        .browser()
        .sign_in("ada@example.com", &[("connection", "google-oauth2")])
        .await;
    running.exchange(&landed.parameter("code")).await;
    let seen = user(&running, "google-oauth2|1001").await["user_metadata"]["seen"].clone();
    assert_eq!(seen, json!("google-oauth2|1001federated"));
    let running = start(&[("DO", "change")]).await;
    let landed = running.browser().sign_in("ada@example.com", &[]).await;
    assert_eq!(landed.parameter("error"), "server_error");
    assert_eq!(user(&running, "auth0|ada").await["email"], json!("ada@example.com"));
}

#[tokio::test]
async fn metadata_of_an_action_is_judged_as_that_of_the_api() {
    for (refuses, ended_in) in [(true, "error"), (false, "code")] {
        let readings = Readings {
            refuses_metadata_keys: refuses,
            ..Readings::default()
        };
        let running = start_where(readings, &[("DO", "odd")]).await;
        let landed = running.browser().sign_in("ada@example.com", &[]).await;
        assert!(landed.find(ended_in).is_some(), "{}", landed.url);
        let written = user(&running, "auth0|ada").await["app_metadata"].get("a.b").cloned();
        assert_eq!(written, (!refuses).then(|| json!(1)));
    }
    let readings = Readings {
        refuses_large_profiles: true,
        ..Readings::default()
    };
    let running = start_where(readings, &[("DO", "large")]).await;
    let landed = running.browser().sign_in("ada@example.com", &[]).await;
    assert_eq!(landed.parameter("error"), "server_error");
    let bag = &user(&running, "auth0|ada").await["app_metadata"];
    assert_eq!((bag.get("text"), &bag["plan"]), (None, &json!("pro")));
}

#[tokio::test]
async fn an_action_that_throws_ends_the_sign_in() {
    let running = start(&[("DO", "throw")]).await;
    let landed = running.browser().sign_in("ada@example.com", &[]).await;
    assert_eq!(landed.parameter("error"), "server_error");
    assert!(landed.url.as_str().starts_with(CALLBACK));
}

#[tokio::test]
async fn an_action_sends_away_with_a_signed_token_and_a_state() {
    let running = start(&[]).await;
    let landed = away(&running, &mut running.browser()).await;
    assert_eq!(landed.url.host_str(), Some("elsewhere.test"));
    assert_eq!(landed.parameter("a"), "1");
    let token = claims(&landed.parameter("session_token"));
    let issued = token["iat"].as_i64().unwrap();
    assert_eq!(
        token,
        json!({ "iat": issued, "iss": "localhost", "sub": "auth0|ada", "exp": issued + 60, "ip": "127.0.0.1", "color": "red" })
    );
    assert!(landed.parameter("state").len() > 20);
    // What was asked for before a redirect is written before it.
    assert_eq!(
        user(&running, "auth0|ada").await["app_metadata"]["before"],
        json!("the redirect")
    );
}

#[tokio::test]
async fn a_sign_in_goes_on_by_get_and_by_post() {
    let running = start(&[]).await;
    let mut browser = running.browser();
    let state = away(&running, &mut browser).await.parameter("state");
    let token = answer(&state, KEY, 60);
    let landed = browser
        .open(back(&running, &[("state", &state), ("my_token", &token)]))
        .await;
    assert_eq!(landed.parameter("state"), "st");
    let tokens = running.exchange(&landed.parameter("code")).await;
    let id_token = claims(tokens.body["id_token"].as_str().unwrap());
    assert_eq!(id_token["sub"], json!("auth0|ada"));
    assert_eq!(
        user(&running, "auth0|ada").await["user_metadata"]["color"],
        json!("blue by GET")
    );

    let mut browser = running.browser();
    let state = away(&running, &mut browser).await.parameter("state");
    let form = [("my_token".to_owned(), answer(&state, KEY, 60))];
    let landed = browser.post(back(&running, &[("state", &state)]), &form).await;
    assert!(landed.find("code").is_some(), "{}", landed.url);
    assert_eq!(
        user(&running, "auth0|ada").await["user_metadata"]["color"],
        json!("blue by POST")
    );
}

#[tokio::test]
async fn a_token_of_another_state_key_or_time_is_none() {
    let running = start(&[]).await;
    for (state_of_token, key, expires_in) in [("another", KEY, 60), ("", "another key", 60), ("", KEY, -1)] {
        let mut browser = running.browser();
        let state = away(&running, &mut browser).await.parameter("state");
        let named = if state_of_token.is_empty() {
            &state
        } else {
            state_of_token
        };
        let token = answer(named, key, expires_in);
        let landed = browser
            .open(back(&running, &[("state", &state), ("my_token", &token)]))
            .await;
        // This Action lets the error be thrown.
        assert_eq!(landed.parameter("error"), "server_error");
        assert!(
            landed
                .parameter("error_description")
                .contains("session token is invalid")
        );
    }
}

#[tokio::test]
async fn a_sign_in_goes_on_once_in_the_browser_that_began_it_and_by_no_other_way() {
    let running = start(&[]).await;
    let mut browser = running.browser();
    let state = away(&running, &mut browser).await.parameter("state");
    let token = answer(&state, KEY, 60);
    let on = back(&running, &[("state", &state), ("my_token", &token)]);
    let mut other = running.browser();
    away(&running, &mut other).await;
    let page = other.open(on.clone()).await;
    assert_eq!(page.status, 400, "{}", page.html);
    assert!(page.html.contains("invalid_request"));
    let mut around = Url::parse(&running.url("authorize/resume")).unwrap();
    around.query_pairs_mut().append_pair("state", &state);
    assert_eq!(browser.open(around).await.status, 400, "not past the Action");
    assert!(browser.open(on.clone()).await.find("code").is_some());
    assert_eq!(browser.open(on).await.status, 400, "used up");
    assert_eq!(browser.open(back(&running, &[])).await.status, 400);
}

#[tokio::test]
async fn where_nothing_may_be_shown_nobody_is_sent_away() {
    let running = start(&[("DO", "can")]).await;
    let mut browser = running.browser();
    assert!(browser.sign_in("ada@example.com", &[]).await.find("code").is_some());
    let silent = browser.authorize(&[("prompt", "none")]).await;
    assert_eq!(silent.parameter("error_description"), "cannot redirect");
}

#[tokio::test]
async fn the_primary_user_has_to_hold_the_identity_that_signed_in() {
    let primary = [("DO", "primary"), ("PRIMARY", "auth0|ada")];
    let running = start(&primary).await;
    let google = [("connection", "google-oauth2")];
    let landed = running.browser().sign_in("ada@example.com", &google).await;
    assert_eq!(landed.parameter("error"), "server_error", "not linked yet");
    let identity = json!({ "provider": "google-oauth2", "user_id": "1001" });
    assert_eq!(running.api().await.link("auth0|ada", identity).await.status, 201);
    let landed = running.browser().sign_in("ada@example.com", &google).await;
    let tokens = running.exchange(&landed.parameter("code")).await;
    let id_token = claims(tokens.body["id_token"].as_str().unwrap());
    assert_eq!(id_token["sub"], json!("auth0|ada"));
    let landed = running.browser().sign_in("grace@example.com", &[]).await;
    assert_eq!(landed.parameter("error"), "server_error", "somebody else's account");
}

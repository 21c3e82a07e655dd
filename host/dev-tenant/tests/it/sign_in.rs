//! The forms: passwords, simulated providers, second factor, organizations, consent, cancel.

use serde_json::json;

use crate::support::{CALLBACK, PASSWORD, claims, start};

#[tokio::test]
async fn signs_in_with_a_password_by_code_and_pkce() {
    let running = start().await;
    let mut browser = running.browser();
    let landed = browser.sign_in("ada@example.com", &[]).await;
    assert!(landed.url.as_str().starts_with(CALLBACK));
    assert_eq!(landed.parameter("state"), "st");
    let answer = running.exchange(&landed.parameter("code")).await;
    assert_eq!(
        (answer.status, &answer.body["token_type"], &answer.body["expires_in"]),
        (200, &json!("Bearer"), &json!(86_400))
    );
    let claims = claims(answer.body["id_token"].as_str().unwrap());
    assert_eq!(
        (&claims["sub"], &claims["email"], &claims["email_verified"]),
        (&json!("auth0|ada"), &json!("ada@example.com"), &json!(true))
    );
    assert_eq!(
        (&claims["iss"], &claims["aud"], &claims["nonce"]),
        (&json!(running.tenant.issuer()), &json!("conjoin-dev"), &json!("no"))
    );
    assert!(claims.get("auth_time").is_none(), "only on prompt=login or max_age");
    let cookie = landed.headers.get("set-cookie");
    assert!(cookie.is_none(), "the session was set by the form's answer");
    assert!(
        browser
            .cookies
            .contains_key(&["localhost", "conjoin-dev-tenant", "/"].map(str::to_owned).into())
    );
}

#[tokio::test]
async fn the_session_cookie_is_out_of_reach_for_scripts_and_foreign_posts() {
    let running = start().await;
    let page = running.browser().authorize(&[]).await;
    let (action, mut fields) = page.form("password");
    fields.extend([
        ("username".to_owned(), "ada@example.com".to_owned()),
        ("password".to_owned(), PASSWORD.to_owned()),
    ]);
    let response = running.http.post(action).form(&fields).send().await.unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.starts_with("conjoin-dev-tenant=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_wrong_password_shows_the_form_again() {
    let running = start().await;
    let mut browser = running.browser();
    let page = browser.authorize(&[("login_hint", "ada@example.com")]).await;
    assert!(
        page.html.contains("value=\"ada@example.com\""),
        "the hint fills the form"
    );
    for (username, password) in [
        ("ada@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("", PASSWORD),
        ("<b>", PASSWORD),
    ] {
        let again = browser.enter(&page, username, password).await;
        assert_eq!(
            (again.status, again.text("[role=alert]").as_str()),
            (400, "Wrong email or password"),
            "{username}"
        );
        assert!(!again.html.contains("value=\"<b>"));
    }
    assert!(browser.cookies.is_empty());
    assert!(
        browser
            .enter(&page, "ADA@example.com", PASSWORD)
            .await
            .find("code")
            .is_some(),
        "databases fold case"
    );
}

#[tokio::test]
async fn a_social_button_leads_to_its_simulated_provider() {
    let running = start().await;
    let mut browser = running.browser();
    let page = browser.authorize(&[]).await;
    assert!(page.html.contains("Continue with Google"));
    let provider = browser
        .submit(&page, "connection", &[("connection", "google-oauth2")])
        .await;
    assert_eq!(provider.url.path(), "/upstream/google%2Doauth2");
    let refused = browser.enter(&provider, "grace@example.com", PASSWORD).await;
    assert_eq!(refused.status, 400, "no such Google account, and nobody is signed up");
    let landed = browser.enter(&provider, "Linus@Example.com", PASSWORD).await;
    let answer = running.exchange(&landed.parameter("code")).await;
    assert_eq!(
        claims(answer.body["id_token"].as_str().unwrap())["sub"],
        json!("google-oauth2|2001")
    );
}

#[tokio::test]
async fn a_connection_in_the_request_leads_there_and_the_name_picks_the_identity() {
    let running = start().await;
    for (connection, username, subject) in [
        ("google-oauth2", "1001", "google-oauth2|1001"),
        ("github", "ada@example.com", "github|1002"),
        ("github", "8001", "github|8001"),
        ("facebook", "facebook|1003", "facebook|1003"),
        ("acme", "hopper", "samlp|acme|hopper"),
        ("acme", "acme|hopper", "samlp|acme|hopper"),
        ("workforce", "turing@example.com", "okta|workforce|turing"),
        ("Username-Password-Authentication", "ada", "auth0|ada"),
    ] {
        let token = running.id_token(username, &[("connection", connection)]).await;
        assert_eq!(claims(&token)["sub"], json!(subject), "{connection} {username}");
    }
}

#[tokio::test]
async fn a_provider_asks_again_by_default_and_bounces_back_when_told_to() {
    let running = start().await;
    let mut browser = running.browser();
    let google = [("connection", "google-oauth2"), ("prompt", "login")];
    browser.sign_in("1001", &google).await;
    assert!(browser.authorize(&google).await.html.contains("name=\"password\""));
    running.put_dev("_dev/oidc", json!({"silent_upstream": true})).await;
    let landed = browser.authorize(&google).await;
    let answer = running.exchange(&landed.parameter("code")).await;
    let claims = claims(answer.body["id_token"].as_str().unwrap());
    assert_eq!(claims["sub"], json!("google-oauth2|1001"));
    assert!(claims["auth_time"].is_i64(), "a fresh sign-in that nobody made");
    let github = browser
        .authorize(&[("connection", "github"), ("prompt", "login")])
        .await;
    assert!(
        github.html.contains("name=\"password\""),
        "each provider has its own session"
    );
}

#[tokio::test]
async fn auth_time_is_told_for_prompt_login_and_for_any_max_age() {
    let running = start().await;
    for more in [&[("prompt", "login")][..], &[("max_age", "0")], &[("max_age", "600")]] {
        let claims = claims(&running.id_token("grace@example.com", more).await);
        let age = claims["iat"].as_i64().unwrap() - claims["auth_time"].as_i64().unwrap();
        assert!((0..=30).contains(&age), "{more:?}: {age}");
    }
}

#[tokio::test]
async fn auth_time_is_the_sessions_and_not_the_tokens() {
    let running = start().await;
    let mut browser = running.browser();
    let ask = async |browser: &mut crate::browser::Browser, more: &[(&str, &str)]| {
        let code = browser.authorize(more).await.parameter("code");
        claims(running.exchange(&code).await.body["id_token"].as_str().unwrap())["auth_time"]
            .as_i64()
            .unwrap()
    };
    browser.sign_in("grace@example.com", &[]).await;
    running.put_dev("_dev/oidc", json!({"skew_auth_time": -500})).await;
    let first = ask(&mut browser, &[("max_age", "600")]).await;
    running.put_dev("_dev/oidc", json!({})).await;
    let second = ask(&mut browser, &[("max_age", "600")]).await;
    assert_eq!(second - first, 500, "one sign-in, one time");
}

#[tokio::test]
async fn the_account_chooser_keeps_the_session_or_takes_another() {
    let running = start().await;
    let mut browser = running.browser();
    browser.sign_in("grace@example.com", &[]).await;
    let page = browser.authorize(&[("prompt", "select_account")]).await;
    assert!(page.html.contains("Continue as grace@example.com"));
    let (action, fields) = page.form("state");
    assert_eq!(action.path(), "/u/login/continue");
    assert_eq!(fields.len(), 1);
    let kept = browser.submit(&page, "state", &[]).await;
    assert!(kept.find("code").is_some());
    let fresh = browser.authorize(&[("prompt", "select_account login")]).await;
    assert!(!fresh.html.contains("Continue as"), "not where a sign-in is asked for");
}

#[tokio::test]
async fn cancelling_is_access_denied() {
    let running = start().await;
    let mut browser = running.browser();
    for more in [&[][..], &[("connection", "google-oauth2")]] {
        let page = browser.authorize(more).await;
        let link = page
            .html
            .split("href=\"/u/cancel")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let cancel = page.url.join(&format!("/u/cancel{link}")).unwrap();
        let landed = browser.open(cancel.clone()).await;
        assert_eq!(
            (landed.parameter("error"), landed.parameter("state")),
            ("access_denied".to_owned(), "st".to_owned())
        );
        assert_eq!(browser.open(cancel).await.status, 400, "the sign-in is over");
        assert_eq!(browser.enter(&page, "ada@example.com", PASSWORD).await.status, 400);
    }
}

#[tokio::test]
async fn a_blocked_user_is_refused_and_gets_no_session() {
    let running = start().await;
    let mut browser = running.browser();
    let landed = browser.sign_in("mallory@example.com", &[]).await;
    assert_eq!(
        (landed.parameter("error"), landed.parameter("error_description")),
        ("access_denied".to_owned(), "user is blocked".to_owned())
    );
    assert_eq!(
        browser.authorize(&[("prompt", "none")]).await.parameter("error"),
        "login_required"
    );
}

#[tokio::test]
async fn a_user_with_a_second_factor_passes_it_and_the_token_says_so() {
    let running = start().await;
    let mut browser = running.browser();
    let page = browser.sign_in("rivest@example.com", &[]).await;
    assert_eq!(page.url.path(), "/u/second-factor");
    assert_eq!(
        browser.authorize(&[("prompt", "none")]).await.parameter("error"),
        "interaction_required"
    );
    let again = browser.submit(&page, "code", &[("code", "not it")]).await;
    assert_eq!(again.status, 400);
    let spent = page.text("#shown-code");
    let again = browser.submit(&again, "code", &[("code", &spent)]).await;
    assert_eq!(again.status, 400, "a wrong try spends the code");
    let landed = browser
        .submit(&again, "code", &[("code", &again.text("#shown-code"))])
        .await;
    let answer = running.exchange(&landed.parameter("code")).await;
    let claims = claims(answer.body["id_token"].as_str().unwrap());
    assert_eq!(claims["amr"], json!(["mfa"]));
    assert!(
        browser.authorize(&[("prompt", "none")]).await.find("code").is_some(),
        "the session keeps it"
    );
}

#[tokio::test]
async fn acr_values_ask_anyone_for_a_second_factor() {
    let running = start().await;
    let acr = [(
        "acr_values",
        "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
    )];
    let mut browser = running.browser();
    let page = browser.sign_in("grace@example.com", &acr).await;
    let landed = browser
        .submit(&page, "code", &[("code", &page.text("#shown-code"))])
        .await;
    assert!(landed.find("code").is_some());
    assert!(
        claims(&running.id_token("grace@example.com", &[]).await)
            .get("amr")
            .is_none()
    );
}

#[tokio::test]
async fn an_organization_admits_its_members_and_is_named_in_the_token() {
    let running = start().await;
    let organization = [("organization", "org_ApolloGuidance01")];
    let token = running.id_token("hamilton@example.com", &organization).await;
    assert_eq!(claims(&token)["org_id"], json!("org_ApolloGuidance01"));
    let landed = running.browser().sign_in("grace@example.com", &organization).await;
    assert_eq!(landed.parameter("error"), "access_denied");
}

#[tokio::test]
async fn consent_is_asked_for_when_the_request_says_so() {
    let running = start().await;
    let mut browser = running.browser();
    let page = browser.sign_in("grace@example.com", &[("prompt", "consent")]).await;
    assert_eq!(page.url.path(), "/u/consent");
    assert!(browser.submit(&page, "state", &[]).await.find("code").is_some());
}

#[tokio::test]
async fn a_sign_in_is_counted_and_stamped() {
    let running = start().await;
    let api = running.api().await;
    let before = api.user("auth0|grace").await.body;
    running.id_token("grace@example.com", &[]).await;
    let after = api.user("auth0|grace").await.body;
    assert_eq!(
        after["logins_count"].as_i64(),
        before["logins_count"].as_i64().map(|count| count + 1)
    );
    assert!(after["last_login"].as_str() > before["last_login"].as_str());
}

#[tokio::test]
async fn string_booleans_stay_strings_in_tokens() {
    let running = start().await;
    let token = running
        .id_token("barbara@example.com", &[("connection", "google-oauth2")])
        .await;
    assert_eq!(claims(&token)["email_verified"], json!("true"));
}

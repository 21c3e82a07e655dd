//! New people of the database.

use reqwest::Method;
use serde_json::json;

use crate::support::{claims, start};

#[tokio::test]
async fn the_sign_in_page_leads_to_the_form_for_new_people_and_a_taken_address_says_nothing_of_why() {
    let running = start().await;
    let mut browser = running.browser();
    let page = browser.authorize(&[]).await;
    assert!(page.html.contains("/u/signup?state="));
    let url = page
        .url
        .join(&page.url.as_str().replace("/u/login", "/u/signup"))
        .unwrap();
    let page = browser.open(url).await;
    let taken = [("email", "ada@example.com"), ("password", "x")];
    let page = browser.submit(&page, "email", &taken).await;
    assert_eq!((page.status, page.text("[role=alert]").contains("exist")), (400, false));
    let new = [("email", "New.One@Example.com"), ("password", "x")];
    let landed = browser.submit(&page, "email", &new).await;
    let tokens = running.exchange(&landed.parameter("code")).await.body;
    let claims = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(
        (&claims["email"], &claims["email_verified"]),
        (&json!("new.one@example.com"), &json!(false))
    );
}

#[tokio::test]
async fn screen_hint_counts_only_where_a_form_is_shown() {
    let running = start().await;
    let mut browser = running.browser();
    browser.sign_in("ada@example.com", &[]).await;
    let hint = ("screen_hint", "signup");
    assert!(browser.authorize(&[hint]).await.find("code").is_some());
    let page = browser.authorize(&[hint, ("prompt", "login")]).await;
    assert_eq!(page.url.path(), "/u/signup");
}

#[tokio::test]
async fn an_application_signs_up_people_and_keeps_no_more_than_it_may_say() {
    let running = start().await;
    let body = json!({"client_id": "conjoin-dev", "connection": "Username-Password-Authentication", "email": "a@example.com",
        "password": "x", "user_metadata": {"theme": "dark"}, "app_metadata": {"plan": "pro"}, "email_verified": true});
    let answer = running
        .send(Method::POST, "dbconnections/signup", None, Some(body))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = format!("auth0|{}", answer.body["_id"].as_str().unwrap());
    let user = running.api().await.user(&id).await.body;
    assert_eq!(user["user_metadata"], json!({"theme": "dark"}));
    assert_eq!(
        (user.get("app_metadata"), &user["email_verified"]),
        (None, &json!(false))
    );
    for (name, wrong) in [("connection", "github"), ("client_id", "nobody"), ("email", "nonsense")] {
        let mut body = json!({"client_id": "conjoin-dev", "connection": "Username-Password-Authentication", "email": "b@example.com", "password": "x"});
        body[name] = json!(wrong);
        let answer = running
            .send(Method::POST, "dbconnections/signup", None, Some(body))
            .await;
        assert_eq!(answer.status, 400, "{name}");
    }
}

#[tokio::test]
async fn a_first_sign_in_at_a_provider_makes_an_account_with_the_address_as_it_is_there() {
    let running = start().await;
    let mut browser = running.browser();
    let page = browser.authorize(&[("connection", "google-oauth2")]).await;
    let refused = browser
        .submit(&page, "new_password", &[("email", "nonsense"), ("new_password", "pw")])
        .await;
    assert_eq!(refused.status, 400);
    let new = [
        ("email", "Ada@Example.com"),
        ("email_verified", "yes"),
        ("new_password", "pw"),
    ];
    let landed = browser.submit(&page, "new_password", &new).await;
    let tokens = running.exchange(&landed.parameter("code")).await.body;
    let claims = claims(tokens["id_token"].as_str().unwrap());
    let id = claims["sub"].as_str().unwrap();
    assert!(id.starts_with("google-oauth2|"), "{id}");
    let user = running.api().await.user(id).await.body;
    assert_eq!(
        (
            &user["email"],
            &user["email_verified"],
            &user["identities"][0]["isSocial"],
            &user["logins_count"]
        ),
        (&json!("Ada@Example.com"), &json!(true), &json!(true), &json!(1))
    );
}

#[tokio::test]
async fn a_newcomer_of_an_enterprise_connection_has_an_id_of_three_parts_and_no_password_in_the_log() {
    let running = start().await;
    let mut browser = running.browser();
    let page = browser.authorize(&[("connection", "acme")]).await;
    let new = [("email", "new@example.com"), ("new_password", "never-logged")];
    let landed = browser.submit(&page, "new_password", &new).await;
    let tokens = running.exchange(&landed.parameter("code")).await.body;
    let claims = claims(tokens["id_token"].as_str().unwrap());
    let id = claims["sub"].as_str().unwrap();
    assert!(id.starts_with("samlp|acme|"), "{id}");
    assert_eq!(claims["email_verified"], json!(false));
    assert!(!json!(running.calls().await).to_string().contains("never-logged"));
}

//! Signing in with a code that is mailed.

use conjoin_dev_tenant::{Config, GrantType};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Running, claims, start_with};

const OTP: &str = "http://auth0.com/oauth/grant-type/passwordless/otp";

async fn start() -> Running {
    let mut config = Config::default();
    for client in &mut config.clients {
        client.grant_types.push(GrantType::PasswordlessOtp);
    }
    start_with(config).await
}

async fn mail(running: &Running, email: &str) -> String {
    let body = json!({"client_id": "conjoin-dev", "client_secret": "conjoin-dev-secret", "connection": "email", "email": email, "send": "code"});
    let answer = running.send(Method::POST, "passwordless/start", None, Some(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let inbox = running.send(Method::GET, "_dev/inbox", None, None).await.body;
    let last = inbox.as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["to"], json!(email));
    last["code"].as_str().unwrap().to_owned()
}

async fn try_code(running: &Running, email: &str, code: &str) -> Answer {
    let form = [
        ("grant_type", OTP),
        ("client_id", "conjoin-dev"),
        ("client_secret", "conjoin-dev-secret"),
        ("realm", "email"),
        ("username", email),
        ("otp", code),
        ("scope", "openid email"),
    ];
    running.token_request(&form).await
}

/// One that is not the code.
fn other(code: &str) -> String {
    code.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect()
}

fn description(answer: &Answer) -> &Value {
    assert_eq!((answer.status, &answer.body["error"]), (403, &json!("invalid_grant")));
    &answer.body["error_description"]
}

#[tokio::test]
async fn the_last_code_is_good_once_and_finds_the_same_person_again() {
    let running = start().await;
    let first = mail(&running, "m@example.com").await;
    let second = mail(&running, "m@example.com").await;
    if first != second {
        description(&try_code(&running, "m@example.com", &first).await);
    }
    let answer = try_code(&running, "M@Example.com", &second).await;
    let sub = claims(answer.body["id_token"].as_str().unwrap())["sub"].clone();
    description(&try_code(&running, "m@example.com", &second).await);
    let third = mail(&running, "m@example.com").await;
    let again = try_code(&running, "m@example.com", &third).await;
    assert_eq!(claims(again.body["id_token"].as_str().unwrap())["sub"], sub);
}

#[tokio::test]
async fn an_address_is_the_same_in_any_case() {
    let running = start().await;
    let user = json!({"email": "Mixed@Example.com", "email_verified": true});
    running.put_dev("_dev/users/email%7Cmixed", user).await;
    let code = mail(&running, "mixed@example.com").await;
    let answer = try_code(&running, "mixed@example.com", &code).await;
    assert_eq!(
        claims(answer.body["id_token"].as_str().unwrap())["sub"],
        json!("email|mixed")
    );
    let again = json!({"connection": "email", "email": "mixed@example.com"});
    let answer = running.api().await.send(Method::POST, "users", Some(again)).await;
    answer.is_error(409, Some("auth0_idp_error"));
}

#[tokio::test]
async fn after_three_wrong_codes_the_right_one_is_not_taken_either() {
    let running = start().await;
    let code = mail(&running, "m@example.com").await;
    for _ in 0..3 {
        let answer = try_code(&running, "m@example.com", &other(&code)).await;
        assert_eq!(description(&answer), &json!("Wrong email or verification code."));
    }
    let answer = try_code(&running, "m@example.com", &code).await;
    assert!(
        description(&answer)
            .as_str()
            .unwrap()
            .contains("maximum number of attempts")
    );
}

#[tokio::test]
async fn the_page_asks_for_an_address_then_for_its_code_and_starts_over_with_a_wrong_one() {
    let running = start().await;
    let mut browser = running.browser();
    let page = browser
        .authorize(&[("connection", "email"), ("login_hint", "hint@example.com")])
        .await;
    assert!(page.html.contains("value=\"hint@example.com\""));
    let page = browser.submit(&page, "email", &[("email", "nonsense")]).await;
    assert!(page.html.contains("Enter an e-mail address"));
    let page = browser.submit(&page, "email", &[("email", "hint@example.com")]).await;
    let inbox = running.send(Method::GET, "_dev/inbox", None, None).await.body;
    let code = inbox[0]["code"].as_str().unwrap();
    let page = browser.submit(&page, "code", &[("code", &other(code))]).await;
    assert_eq!(
        (page.status, page.text("[role=alert]").as_str()),
        (400, "Wrong email or verification code.")
    );
    let landed = browser.submit(&page, "code", &[("code", code)]).await;
    let tokens = running.exchange(&landed.parameter("code")).await.body;
    let claims = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(
        (&claims["email"], &claims["email_verified"]),
        (&json!("hint@example.com"), &json!(true))
    );
}

#[tokio::test]
async fn a_client_has_to_be_allowed_and_to_prove_itself() {
    let running = crate::support::start().await;
    let form = [
        ("grant_type", OTP),
        ("client_id", "conjoin-dev"),
        ("client_secret", "conjoin-dev-secret"),
    ];
    assert_eq!(
        running.token_request(&form).await.body["error"],
        json!("unauthorized_client")
    );
    for (body, status) in [
        (
            json!({"client_id": "conjoin-dev", "connection": "email", "email": "a@example.com"}),
            401,
        ),
        (
            json!({"client_id": "conjoin-dev", "client_secret": "conjoin-dev-secret", "connection": "github", "email": "a@example.com"}),
            400,
        ),
    ] {
        let answer = running.send(Method::POST, "passwordless/start", None, Some(body)).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
}

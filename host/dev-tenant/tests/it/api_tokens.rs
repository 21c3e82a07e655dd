//! Access tokens for an API of the tenant's own: what somebody was assigned there, and no more.

use reqwest::Method;
use serde_json::json;

use crate::support::{Running, VERIFIER, claims, start};
use crate::tokens::{is_for, keys};

/// The access token that Grace's sign-in with the admin application comes to.
async fn api_token(running: &Running, more: &[(&str, &str)]) -> String {
    let redirect = "http://localhost:3000/admin/callback";
    let asked = [
        ("client_id", "conjoin-admin"),
        ("redirect_uri", redirect),
        ("audience", "https://conjoin.example.com/admin"),
    ];
    let landed = running
        .browser()
        .sign_in("grace@example.com", &[&asked[..], more].concat())
        .await;
    let answer = running
        .token_request(&[
            ("grant_type", "authorization_code"),
            ("client_id", "conjoin-admin"),
            ("client_secret", "conjoin-admin-secret"),
            ("code", &landed.parameter("code")),
            ("redirect_uri", redirect),
            ("code_verifier", VERIFIER),
        ])
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_api_gets_the_permissions_that_somebody_was_assigned() {
    let running = start().await;
    let token = api_token(&running, &[("scope", "openid policies:read invented")]).await;
    let audience = "https://conjoin.example.com/admin";
    assert!(is_for(audience, &token, &keys(&running).await));
    let granted = claims(&token);
    assert_eq!(granted["aud"], json!([audience, running.url("userinfo")]));
    assert_eq!(
        (&granted["azp"], &granted["sub"], &granted["scope"]),
        (
            &json!("conjoin-admin"),
            &json!("auth0|grace"),
            &json!("openid policies:read")
        )
    );
    assert_eq!(granted["permissions"].as_array().unwrap().len(), 5);
    assert_eq!(
        running
            .send(Method::GET, "api/v2/users", Some(&token), None)
            .await
            .status,
        401,
        "not for the Management API"
    );
    running
        .put_dev(
            "_dev/oidc",
            json!({"next_access_token": {"claims": {"permissions": null}}}),
        )
        .await;
    let forged = claims(&api_token(&running, &[]).await);
    assert!(forged.get("permissions").is_none());
    let honest = claims(&api_token(&running, &[]).await);
    assert!(honest["permissions"].is_array(), "only the next one");
}

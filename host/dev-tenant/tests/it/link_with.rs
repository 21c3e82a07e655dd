//! Linking by the other account's ID token.

use reqwest::Method;
use serde_json::json;

use crate::support::{Running, start};

/// A token for the Management API with which the person acts on their own account.
async fn own_token(running: &Running, username: &str) -> String {
    let audience = running.url("api/v2/");
    let scope = "openid update:current_user_identities";
    let landed = running
        .browser()
        .sign_in(username, &[("audience", &audience), ("scope", scope)])
        .await;
    running.exchange(&landed.parameter("code")).await.body["access_token"]
        .as_str()
        .unwrap()
        .to_owned()
}

const OWN_IDENTITIES: &str = "api/v2/users/auth0%7Cada/identities";

#[tokio::test]
async fn e12_link_with_takes_the_id_token_of_the_same_client() {
    let running = start().await;
    let proof = running.id_token("1001", &[("connection", "google-oauth2")]).await;
    let token = running.machine_token("conjoin-dev").await;
    let answer = running
        .send(
            Method::POST,
            OWN_IDENTITIES,
            Some(&token),
            Some(json!({"link_with": proof})),
        )
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let again = running
        .send(
            Method::POST,
            OWN_IDENTITIES,
            Some(&token),
            Some(json!({"link_with": proof})),
        )
        .await;
    assert_eq!(again.status, 409, "{}", again.body);
}

#[tokio::test]
async fn e12_a_person_links_by_proof_only_and_only_to_themselves() {
    let running = start().await;
    let proof = running.id_token("1001", &[("connection", "google-oauth2")]).await;
    let token = own_token(&running, "ada@example.com").await;
    let post = async |path: &str, body| running.send(Method::POST, path, Some(&token), Some(body)).await;
    post(OWN_IDENTITIES, json!({"provider": "google-oauth2", "user_id": "1001"}))
        .await
        .is_error(403, Some("insufficient_scope"));
    let other = post("api/v2/users/auth0%7Cgrace/identities", json!({"link_with": proof})).await;
    other.is_error(403, None);
    assert_eq!(
        other.body["message"],
        json!("User to be acted on does not match subject in bearer token.")
    );
    assert_eq!(post(OWN_IDENTITIES, json!({"link_with": proof})).await.status, 201);
    let path = format!("{OWN_IDENTITIES}/google-oauth2/1001");
    assert_eq!(
        running.send(Method::DELETE, &path, Some(&token), None).await.status,
        200
    );
}

#[tokio::test]
async fn e12_link_with_checks_algorithm_issuer_audience_and_subject() {
    let running = start().await;
    let token = running.machine_token("conjoin-dev").await;
    let link = async |proof: &str| {
        running
            .send(
                Method::POST,
                OWN_IDENTITIES,
                Some(&token),
                Some(json!({"link_with": proof})),
            )
            .await
    };
    for (forgery, message) in [
        (json!({"algorithm": "client-secret"}), "must be signed with RS256"),
        (json!({"algorithm": "none"}), "Invalid token"),
        (json!({"algorithm": "broken-signature"}), "Invalid token"),
        (json!({"claims": {"exp": 1}}), "Invalid token"),
        (json!({"claims": {"iss": "https://elsewhere.example/"}}), "same issuer"),
        (json!({"claims": {"aud": "conjoin-m2m"}}), "must match the azp"),
        (json!({"claims": {"aud": null}}), "invalid aud"),
        (json!({"claims": {"sub": null}}), "must contain a sub"),
        (json!({"claims": {"sub": "nonsense"}}), "invalid sub"),
        (
            json!({"claims": {"sub": "google-oauth2|nobody"}}),
            "Provided secondary account not found.",
        ),
        (
            json!({"claims": {"sub": "auth0|ada"}}),
            "Main identity and the new one are the same.",
        ),
    ] {
        running.put_dev("_dev/oidc", json!({"next_id_token": forgery})).await;
        let proof = running.id_token("1001", &[("connection", "google-oauth2")]).await;
        let answer = link(&proof).await;
        answer.is_error(400, None);
        assert!(
            answer.body["message"].as_str().unwrap().contains(message),
            "{forgery}: {}",
            answer.body
        );
    }
    link("nonsense").await.is_error(400, None);
    let machine = running.machine_token("conjoin-m2m").await;
    let proof = running.id_token("1001", &[("connection", "google-oauth2")]).await;
    let foreign = running
        .send(
            Method::POST,
            OWN_IDENTITIES,
            Some(&machine),
            Some(json!({"link_with": proof})),
        )
        .await;
    foreign.is_error(400, None);
}

//! `PATCH /users/{id}`: metadata, root attributes, and what is refused.

use serde_json::json;

use crate::support::start;

#[tokio::test]
async fn e02_metadata_merges_at_the_first_level_and_null_deletes() {
    let running = start().await;
    let api = running.api().await;
    let before = api.user("auth0|ada").await.body;
    let body = json!({"user_metadata": {"address": {"city": "Paris"}, "theme": null, "languages": ["it"]}, "app_metadata": {"new": {"n": null}}});
    let answer = api.patch("auth0|ada", body).await;
    assert_eq!(answer.status, 200);
    let metadata = &answer.body["user_metadata"];
    assert_eq!(
        metadata,
        &json!({"address": {"city": "Paris"}, "languages": ["it"], "newsletter": {"weekly": true}})
    );
    assert_eq!(answer.body["app_metadata"]["new"], json!({"n": null}));
    assert_eq!(answer.body["app_metadata"]["roles"], before["app_metadata"]["roles"]);
    assert!(answer.body["updated_at"].as_str() > before["updated_at"].as_str());
    assert_eq!(api.user("auth0|ada").await.body, answer.body);
}

#[tokio::test]
async fn e03_an_empty_object_wipes_both_bags_each_in_its_own_way() {
    let running = start().await;
    let api = running.api().await;
    let answer = api
        .patch("auth0|ada", json!({"user_metadata": {}, "app_metadata": {}}))
        .await;
    assert_eq!(answer.body["user_metadata"], json!({}));
    assert!(answer.body.get("app_metadata").is_none());
    let user = api.user("auth0|ada").await.body;
    assert_eq!(user["user_metadata"], json!({}));
    assert!(user.get("app_metadata").is_none());
}

#[tokio::test]
async fn e04_metadata_never_set_is_absent() {
    let running = start().await;
    let user = running.api().await.user("google-oauth2|4001").await.body;
    assert!(user.get("user_metadata").is_none() && user.get("app_metadata").is_none());
}

#[tokio::test]
async fn e16_an_oversized_profile_is_accepted() {
    let running = start().await;
    let api = running.api().await;
    let answer = api
        .patch("auth0|grace", json!({"user_metadata": {"big": "x".repeat(100_000)}}))
        .await;
    assert_eq!(answer.status, 200);
    api.patch("auth0|grace", json!({"user_metadata": {"big": "x".repeat(3_000_000)}}))
        .await
        .is_error(413, None);
}

#[tokio::test]
async fn malformed_bodies_are_refused_in_auth0s_words() {
    let running = start().await;
    let api = running.api().await;
    for (body, message) in [
        (json!({"nonsense": 1}), "Additional properties not allowed: nonsense"),
        (
            json!({"user_id": "auth0|eve"}),
            "Additional properties not allowed: user_id",
        ),
        (
            json!({"user_metadata": "text"}),
            "Expected type object but found type string",
        ),
        (
            json!({"user_metadata": null}),
            "Expected type object but found type null",
        ),
        (json!({"blocked": "yes"}), "Expected type boolean"),
        (json!({"email": "nobody"}), "format email"),
        (json!({"name": ""}), "String length"),
        (json!({"phone_number": "123"}), "does not match pattern"),
        (json!([1]), "Expected type object"),
        (json!({"app_metadata": {"email_verified": true}}), "reserved"),
        (json!({"app_metadata": {"a.b": 1}}), "must not contain"),
        (json!({"user_metadata": {"$set": 1}}), "must not contain"),
    ] {
        let answer = api.patch("auth0|grace", body.clone()).await;
        answer.is_error(400, Some("invalid_body"));
        assert!(
            answer.body["message"].as_str().unwrap().contains(message),
            "{body}: {}",
            answer.body
        );
    }
    let url = running.url("api/v2/users/auth0%7Cgrace");
    let broken = running
        .http
        .patch(url)
        .bearer_auth(&api.token)
        .body("{\"user_metadata\": ")
        .send()
        .await
        .unwrap();
    assert_eq!(broken.status(), 400);
    assert_eq!(
        api.patch("auth0|grace", json!({"user_metadata": {"email_verified": true}}))
            .await
            .status,
        200,
        "reserved in the other bag only"
    );
}

#[tokio::test]
async fn root_attributes_follow_the_kind_of_account() {
    let running = start().await;
    let api = running.api().await;
    let answer = api
        .patch(
            "auth0|grace",
            json!({"email": "Admiral@Example.com", "family_name": "H", "given_name": null}),
        )
        .await;
    assert_eq!(
        (&answer.body["email"], &answer.body["email_verified"]),
        (&json!("admiral@example.com"), &json!(false))
    );
    assert_eq!(
        api.patch("auth0|grace", json!({"blocked": true})).await.body["blocked"],
        json!(true)
    );
    for body in [
        json!({"name": "x"}),
        json!({"email": "x@example.com"}),
        json!({"password": "x"}),
        json!({"username": "x"}),
    ] {
        api.patch("google-oauth2|1001", body)
            .await
            .is_error(400, Some("operation_not_supported"));
    }
    assert_eq!(
        api.patch("google-oauth2|1001", json!({"blocked": true, "email_verified": false}))
            .await
            .status,
        200
    );
    api.patch("auth0|grace", json!({"password": "x", "email": "x@example.com"}))
        .await
        .is_error(400, Some("operation_not_supported"));
    api.patch("auth0|grace", json!({"email": "ada@example.com"}))
        .await
        .is_error(400, Some("auth0_idp_error"));
    api.patch("auth0|grace", json!({"email_verified": true, "connection": "nowhere"}))
        .await
        .is_error(400, Some("inexistent_connection"));
}

#[tokio::test]
async fn a_linked_identitys_address_is_changed_through_its_connection() {
    let running = start().await;
    let api = running.api().await;
    let body = json!({"email_verified": false, "connection": "google-oauth2"});
    let user = api.patch("auth0|hedy", body).await.body;
    assert_eq!(user["email_verified"], json!(true));
    assert_eq!(user["identities"][1]["profileData"]["email_verified"], json!(false));
}

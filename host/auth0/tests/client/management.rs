//! What the Management API is asked, to the letter, and how its answers read.

use conjoin_auth0::{IdentityId, ManagementError, MetadataPatch, UserId};
use serde_json::{Map, Value, json};

use crate::stub_tenant::{CLIENT_ID, CLIENT_SECRET, Reply, StubTenant};

/// An id that holds everything a path must not.
const AWKWARD: &str = "samlp|acme|hop/per?#";
const AWKWARD_PATH: &str = "/api/v2/users/samlp%7Cacme%7Chop%2Fper%3F%23";

pub fn id(text: &str) -> UserId {
    text.parse().unwrap()
}

pub fn ada() -> Value {
    json!({
        "user_id": "auth0|ada", "email": "ada@example.com", "email_verified": true,
        "identities": [
            {"connection": "Username-Password-Authentication", "provider": "auth0", "user_id": "ada", "isSocial": false},
        ],
    })
}

fn bag(json: Value) -> Map<String, Value> {
    json.as_object().unwrap().clone()
}

#[tokio::test]
async fn a_user_is_asked_for_by_its_encoded_id_with_a_token_of_the_client() {
    let tenant = StubTenant::start().await;
    let mut user = ada();
    user["user_id"] = json!(AWKWARD);
    tenant.always(&format!("GET {AWKWARD_PATH}"), Reply::json(200, &user));
    let found = tenant.management().user(&id(AWKWARD)).await.unwrap();
    assert_eq!(found.user_id.as_str(), AWKWARD);

    let request = tenant.only(&format!("GET {AWKWARD_PATH}"));
    assert_eq!((request.bearer(), request.query.as_str()), ("token-1", ""));
    let expected = [
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("audience", &format!("{}api/v2/", tenant.base)),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(tenant.only("POST /oauth/token").form(), expected.into());
}

#[tokio::test]
async fn s05_a35_an_address_is_one_encoded_value_of_the_query() {
    let tenant = StubTenant::start().await;
    tenant.always("GET /api/v2/users-by-email", Reply::json(200, &json!([ada()])));
    let found = tenant.management().users_by_email("a+b\"@x.com&q=1").await.unwrap();
    assert_eq!(found.len(), 1);
    let query = tenant.only("GET /api/v2/users-by-email").query;
    let email = query.split('&').next().unwrap();
    assert_eq!(email, "email=a%2Bb%22%40x.com%26q%3D1");
    assert!(
        query.contains("&fields=") && query.ends_with("&include_fields=true"),
        "{query}"
    );
    assert!(
        !query.contains("metadata"),
        "lists hold nothing that their owners can make large: {query}"
    );
}

#[tokio::test]
async fn s05_a35_a_search_term_is_quoted_and_escaped() {
    let tenant = StubTenant::start().await;
    tenant.always("GET /api/v2/users", Reply::json(200, &json!([ada()])));
    let hostile = "a+b\"@x.com\\\" OR email:\"*";
    assert_eq!(tenant.management().search_by_email(hostile).await.unwrap().len(), 1);
    let query = tenant.only("GET /api/v2/users").query;
    let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let expected = [
        ("q", r#"email:"a+b\"@x.com\\\" OR email:\"*""#),
        ("search_engine", "v3"),
        ("page", "0"),
        ("per_page", "50"),
        (
            "fields",
            "user_id,email,email_verified,blocked,identities,created_at,last_login,logins_count",
        ),
        ("include_fields", "true"),
    ];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_search_answers_fifty_users_at_most_and_leaves_out_broken_ones() {
    let tenant = StubTenant::start().await;
    let mut users = vec![ada(); 80];
    users[0] = json!({"user_id": "auth0|broken", "user_metadata": "text"});
    users[1] = json!("no user");
    tenant.always("GET /api/v2/users", Reply::json(200, &json!(users)));
    assert_eq!(
        tenant
            .management()
            .search_by_email("ada@example.com")
            .await
            .unwrap()
            .len(),
        50
    );
}

#[tokio::test]
async fn a_patch_sends_the_changed_bag_only() {
    let tenant = StubTenant::start().await;
    let target = format!("PATCH {AWKWARD_PATH}");
    tenant.always(&target, Reply::json(200, &ada()));
    let patch = MetadataPatch::new(Map::new(), bag(json!({"plan": {"name": "pro"}, "old": null}))).unwrap();
    tenant.management().patch_metadata(&id(AWKWARD), &patch).await.unwrap();
    let request = tenant.only(&target);
    assert_eq!(
        request.json(),
        json!({"app_metadata": {"plan": {"name": "pro"}, "old": null}})
    );
    assert_eq!(request.headers["content-type"], "application/json");
}

#[tokio::test]
async fn a_link_names_provider_and_local_id_and_answers_all_identities() {
    let tenant = StubTenant::start().await;
    let target = "POST /api/v2/users/auth0%7Cada/identities";
    let answer = json!([
        {"connection": "db", "provider": "auth0", "user_id": "ada", "isSocial": false, "profileData": {"email": "a@x"}},
        {"connection": "acme", "provider": "samlp", "user_id": "acme|hop/per?#", "isSocial": false},
    ]);
    tenant.always(target, Reply::json(201, &answer));
    let management = tenant.management();
    let secondary = IdentityId::from(id(AWKWARD));
    let identities = management.link(&id("auth0|ada"), &secondary, None).await.unwrap();
    assert_eq!(identities.len(), 2);
    assert_eq!(identities[1].id(), secondary);
    assert_eq!(identities[0].profile_data["email"], "a@x");
    let connection = Some("con_0123456789abcdef");
    management.link(&id("auth0|ada"), &secondary, connection).await.unwrap();
    let [plain, with_connection] = tenant
        .requests(target)
        .try_into()
        .unwrap_or_else(|_| panic!("two requests"));
    assert_eq!(plain.json(), json!({"provider": "samlp", "user_id": "acme|hop/per?#"}));
    let expected = json!({"provider": "samlp", "user_id": "acme|hop/per?#", "connection_id": "con_0123456789abcdef"});
    assert_eq!(with_connection.json(), expected);
}

#[tokio::test]
async fn an_unlink_encodes_every_segment_and_answers_what_remains() {
    let tenant = StubTenant::start().await;
    let target = "DELETE /api/v2/users/auth0%7Cada/identities/samlp/acme%7Chop%2Fper%3F%23";
    tenant.always(target, Reply::json(200, &ada()["identities"]));
    let identity = IdentityId::from(id(AWKWARD));
    let remaining = tenant.management().unlink(&id("auth0|ada"), &identity).await.unwrap();
    assert_eq!(remaining.len(), 1);
    assert!(tenant.only(target).body.is_empty());
}

#[tokio::test]
async fn an_id_that_would_change_the_path_is_never_sent() {
    let tenant = StubTenant::start().await;
    for user_id in ["..", ".", ""] {
        let identity = IdentityId {
            provider: "google-oauth2".to_owned(),
            user_id: user_id.to_owned(),
        };
        let error = tenant
            .management()
            .unlink(&id("auth0|ada"), &identity)
            .await
            .unwrap_err();
        assert!(
            matches!(error, ManagementError::Unsendable(_)) && error.is_definite_refusal(),
            "{error:?}"
        );
    }
    assert_eq!(tenant.count("POST /oauth/token"), 0);
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let tenant = StubTenant::start().await;
    let target = "GET /api/v2/users/auth0%7Cada";
    let answer = async |reply: Reply| {
        tenant.always(target, reply);
        tenant.management().user(&id("auth0|ada")).await.unwrap_err()
    };
    let error = answer(Reply::error(404, "inexistent_user", "The user does not exist.")).await;
    assert!(matches!(error, ManagementError::NotFound), "{error:?}");

    // A 404 from a wrong address must not read as a deleted account.
    let error = answer(Reply::text(404, "text/html", "<html>nothing here</html>")).await;
    assert!(
        matches!(error, ManagementError::Refused { status: 404, .. }),
        "{error:?}"
    );

    let error = answer(Reply::error(403, "insufficient_scope", "expected any of: read:users")).await;
    let ManagementError::InsufficientScope { message } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(message, "expected any of: read:users");

    let error = answer(Reply::error(403, "insufficient_entitlement", "upgrade")).await;
    assert!(
        matches!(error, ManagementError::Refused { status: 403, .. }),
        "{error:?}"
    );

    // Seen without an errorCode.
    let error = answer(Reply::json(
        409,
        &json!({"statusCode": 409, "error": "Conflict", "message": "taken"}),
    ))
    .await;
    let ManagementError::Conflict { error_code, message } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((error_code.as_deref(), message.as_str()), (None, "taken"));
    assert!(error.is_definite_refusal() && !error.is_ambiguous());

    let error = answer(Reply::json(302, &json!({})).with_header("location", "/elsewhere")).await;
    assert!(
        matches!(error, ManagementError::Refused { status: 302, .. }),
        "{error:?}"
    );
    assert_eq!(tenant.count("GET /elsewhere"), 0);
}

#[tokio::test]
async fn a_refused_metadata_write_does_not_repeat_what_was_written() {
    let tenant = StubTenant::start().await;
    let reply = Reply::error(
        400,
        "invalid_body",
        "'555-0100' on property user_metadata.phone is not allowed",
    );
    tenant.always("PATCH /api/v2/users/auth0%7Cada", reply);
    let patch = MetadataPatch::new(bag(json!({"phone": "555-0100"})), Map::new()).unwrap();
    let error = tenant
        .management()
        .patch_metadata(&id("auth0|ada"), &patch)
        .await
        .unwrap_err();
    let ManagementError::Refused { status, error_code, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((*status, error_code.as_deref()), (400, Some("invalid_body")));
    assert!(!format!("{error:?} {error}").contains("555-0100"), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_no_user_is_undecodable_for_a_read_and_ambiguous_for_a_write() {
    let tenant = StubTenant::start().await;
    let management = tenant.management();
    for body in [
        "not json",
        "[]",
        r#"{"user_id":"auth0|ada","app_metadata":["secret-value"]}"#,
    ] {
        let reply = Reply::text(200, "application/json", body);
        tenant.always("GET /api/v2/users/auth0%7Cada", reply.clone());
        tenant.always("PATCH /api/v2/users/auth0%7Cada", reply.clone());
        tenant.always(
            "POST /api/v2/users/auth0%7Cada/identities",
            Reply::text(201, "application/json", "{}"),
        );
        let read = management.user(&id("auth0|ada")).await.unwrap_err();
        assert!(matches!(read, ManagementError::Undecodable(_)), "{read:?}");
        assert!(!format!("{read:?}").contains("secret-value"), "{read:?}");
        let patch = MetadataPatch::new(bag(json!({"a": 1})), Map::new()).unwrap();
        assert!(
            management
                .patch_metadata(&id("auth0|ada"), &patch)
                .await
                .unwrap_err()
                .is_ambiguous()
        );
        let identity = IdentityId::from(id("github|1"));
        assert!(
            management
                .link(&id("auth0|ada"), &identity, None)
                .await
                .unwrap_err()
                .is_ambiguous()
        );
    }
}

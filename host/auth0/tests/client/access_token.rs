//! The access token that all calls share.

use std::sync::Arc;

use conjoin_auth0::{Management, ManagementError};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::management::{ada, id};
use crate::stub_tenant::{CLIENT_SECRET, Reply, StubTenant, access_token};

const TOKEN: &str = "POST /oauth/token";
const USER: &str = "GET /api/v2/users/auth0%7Cada";

async fn fifty_reads(management: &Management) -> Vec<Result<(), ManagementError>> {
    let mut reads = JoinSet::new();
    for _ in 0..50 {
        let management = management.clone();
        reads.spawn(async move { management.user(&id("auth0|ada")).await.map(drop) });
    }
    reads.join_all().await
}

#[tokio::test]
async fn fifty_calls_at_once_fetch_one_token() {
    let tenant = StubTenant::start().await;
    tenant.always(USER, Reply::json(200, &ada()));
    for ended in fifty_reads(&tenant.management()).await {
        ended.unwrap();
    }
    assert_eq!((tenant.count(TOKEN), tenant.count(USER)), (1, 50));
}

#[tokio::test]
async fn a_failed_fetch_fails_all_who_wait_and_is_not_kept() {
    let tenant = StubTenant::start().await;
    tenant.always(USER, Reply::json(200, &ada()));
    let gate = Arc::new(Semaphore::new(0));
    let refused = json!({"error": "access_denied", "error_description": "Unauthorized"});
    tenant.in_turn(
        TOKEN,
        [
            Reply::json(401, &refused).after(Arc::clone(&gate)),
            access_token(0, 86400),
        ],
    );
    let management = tenant.management();
    let reads = tokio::spawn({
        let management = management.clone();
        async move { fifty_reads(&management).await }
    });
    // All fifty were started before the request of the first could reach the tenant.
    while tenant.count(TOKEN) == 0 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(1);
    for ended in reads.await.unwrap() {
        let error = ended.unwrap_err();
        assert!(
            matches!(&error, ManagementError::Unauthorized { message } if message == "Unauthorized"),
            "{error:?}"
        );
        assert!(!format!("{error:?} {error}").contains(CLIENT_SECRET));
    }
    assert_eq!(tenant.count(TOKEN), 1);
    management.user(&id("auth0|ada")).await.unwrap();
    assert_eq!(tenant.count(TOKEN), 2);
}

#[tokio::test]
async fn a_token_about_to_expire_is_not_used_again() {
    let tenant = StubTenant::start().await;
    tenant.always(USER, Reply::json(200, &ada()));
    tenant.on(TOKEN, |_, nth| access_token(nth, 30));
    let management = tenant.management();
    management.user(&id("auth0|ada")).await.unwrap();
    management.user(&id("auth0|ada")).await.unwrap();
    let used: Vec<_> = tenant
        .requests(USER)
        .iter()
        .map(|request| request.bearer().to_owned())
        .collect();
    assert_eq!(used, ["token-1", "token-2"]);
}

#[tokio::test]
async fn a_token_the_api_does_not_accept_is_replaced_once_for_all() {
    let tenant = StubTenant::start().await;
    tenant.on(USER, |request, _| match request.bearer() {
        "token-1" => Reply::json(401, &json!({"statusCode": 401, "message": "Invalid token."})),
        _ => Reply::json(200, &ada()),
    });
    for ended in fifty_reads(&tenant.management()).await {
        ended.unwrap();
    }
    assert_eq!(tenant.count(TOKEN), 2);
}

#[tokio::test]
async fn an_api_that_accepts_no_token_is_asked_twice_and_no_more() {
    let tenant = StubTenant::start().await;
    let refused = Reply::json(401, &json!({"statusCode": 401, "message": "Client is not global."}));
    tenant.always(USER, refused);
    let error = tenant.management().user(&id("auth0|ada")).await.unwrap_err();
    assert!(
        matches!(&error, ManagementError::Unauthorized { message } if message.contains("global")),
        "{error:?}"
    );
    assert_eq!((tenant.count(TOKEN), tenant.count(USER)), (2, 2));
}

#[tokio::test]
async fn a_token_answer_without_a_token_quotes_nothing() {
    let tenant = StubTenant::start().await;
    tenant.always(
        TOKEN,
        Reply::json(200, &json!({"access_token": ["leaked"], "expires_in": 1})),
    );
    let error = tenant.management().user(&id("auth0|ada")).await.unwrap_err();
    assert!(matches!(error, ManagementError::Undecodable(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("leaked"), "{error:?}");
}

//! Tenants that are slow, overloaded or broken: what is repeated, what is not, and what a failure says of a write.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use conjoin_auth0::management::Ambiguity;
use conjoin_auth0::{HttpTimeouts, IdentityId, Management, ManagementError, MetadataPatch, TransportError};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::management::{ada, id};
use crate::stub_tenant::{Reply, StubTenant, access_token};

const TOKEN: &str = "POST /oauth/token";
const USER: &str = "GET /api/v2/users/auth0%7Cada";
const PATCH: &str = "PATCH /api/v2/users/auth0%7Cada";
const LINK: &str = "POST /api/v2/users/auth0%7Cada/identities";

fn patch() -> MetadataPatch {
    let bag: Map<String, Value> = json!({"theme": "dark"}).as_object().unwrap().clone();
    MetadataPatch::new(bag, Map::new()).unwrap()
}

async fn read(management: &Management) -> Result<(), ManagementError> {
    management.user(&id("auth0|ada")).await.map(drop)
}

async fn write(management: &Management) -> Result<(), ManagementError> {
    management.patch_metadata(&id("auth0|ada"), &patch()).await.map(drop)
}

async fn link(management: &Management) -> Result<(), ManagementError> {
    let secondary = IdentityId::from(id("google-oauth2|1001"));
    management.link(&id("auth0|ada"), &secondary, None).await.map(drop)
}

fn too_many() -> Reply {
    // As once recorded: no message, no errorCode.
    Reply::json(429, &json!({"statusCode": 429, "error": "Too Many Requests"}))
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_by_reads() {
    let tenant = StubTenant::start().await;
    let management = tenant.management();
    tenant.in_turn(
        USER,
        [
            too_many().with_header("retry-after", "0"),
            too_many(),
            Reply::json(200, &ada()),
        ],
    );
    read(&management).await.unwrap();
    assert_eq!(tenant.count(USER), 3);
}

#[tokio::test]
async fn a_write_is_sent_once_and_its_caller_is_told_how_long_to_wait() {
    let tenant = StubTenant::start().await;
    let management = tenant.management();
    tenant.always(PATCH, too_many().with_header("retry-after", "2"));
    let error = write(&management).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(2)));
    tenant.always(LINK, too_many());
    let error = link(&management).await.unwrap_err();
    assert!(!error.is_ambiguous() && !error.is_definite_refusal(), "{error:?}");
    assert_eq!(
        [PATCH, LINK].map(|target| tenant.count(target)),
        [1, 1],
        "before it is sent again, someone has to look"
    );
}

#[tokio::test]
async fn a_wait_beyond_a_persons_patience_is_given_back() {
    let tenant = StubTenant::start().await;
    let management = tenant.management();
    tenant.always(USER, too_many().with_header("retry-after", "3600"));
    let error = read(&management).await.unwrap_err();
    let ManagementError::RateLimited { retry_after } = error else {
        panic!("{error:?}");
    };
    assert_eq!(retry_after, Some(Duration::from_secs(3600)));
    assert_eq!(tenant.count(USER), 1);

    let reset = OffsetDateTime::now_utc().unix_timestamp() + 600;
    tenant.always(PATCH, too_many().with_header("x-ratelimit-reset", &reset.to_string()));
    let error = write(&management).await.unwrap_err();
    assert!(
        matches!(error, ManagementError::RateLimited { retry_after: Some(_) }),
        "{error:?}"
    );
    assert!(!error.is_ambiguous() && !error.is_definite_refusal());
    assert_eq!(tenant.count(PATCH), 1);
}

#[tokio::test]
async fn a_rate_limit_of_the_token_endpoint_is_waited_for_too() {
    let tenant = StubTenant::start().await;
    tenant.in_turn(
        TOKEN,
        [too_many().with_header("retry-after", "0"), access_token(0, 86400)],
    );
    tenant.always(PATCH, Reply::json(200, &ada()));
    write(&tenant.management()).await.unwrap();
    assert_eq!((tenant.count(TOKEN), tenant.count(PATCH)), (2, 1));
}

#[tokio::test]
async fn a_read_survives_server_errors_and_dropped_connections() {
    let tenant = StubTenant::start().await;
    tenant.in_turn(
        USER,
        [
            Reply::text(500, "text/html", "<html>oops</html>"),
            Reply::dropped_connection(),
            Reply::json(503, &json!({"statusCode": 503})),
            Reply::json(200, &ada()),
        ],
    );
    read(&tenant.management()).await.unwrap();
    assert_eq!(tenant.count(USER), 4);
}

#[tokio::test]
async fn a_read_is_repeated_a_few_times_only() {
    let tenant = StubTenant::start().await;
    tenant.always(USER, Reply::json(500, &json!({})));
    let error = read(&tenant.management()).await.unwrap_err();
    assert!(
        matches!(error, ManagementError::Unavailable { status: 500 }),
        "{error:?}"
    );
    assert_eq!(tenant.count(USER), 4);

    tenant.always(USER, Reply::dropped_connection());
    let error = read(&tenant.management()).await.unwrap_err();
    assert!(
        matches!(error, ManagementError::Unreachable(TransportError::Interrupted(_))),
        "{error:?}"
    );
    assert!(!error.is_ambiguous());
    assert!(!format!("{error:?}").contains("auth0%7Cada"), "{error:?}");
}

#[tokio::test]
async fn a_write_without_a_clear_answer_is_ambiguous_and_not_repeated() {
    let tenant = StubTenant::start().await;
    let management = tenant.management();
    tenant.always(PATCH, Reply::json(500, &json!({"statusCode": 500})));
    let error = write(&management).await.unwrap_err();
    assert!(
        matches!(error, ManagementError::Ambiguous(Ambiguity::ServerError(500))),
        "{error:?}"
    );
    tenant.always(LINK, Reply::dropped_connection());
    let error = link(&management).await.unwrap_err();
    assert!(
        matches!(error, ManagementError::Ambiguous(Ambiguity::NoAnswer(_))),
        "{error:?}"
    );
    assert!(error.is_ambiguous() && !error.is_definite_refusal());
    assert_eq!((tenant.count(PATCH), tenant.count(LINK)), (1, 1));
}

#[tokio::test]
async fn a_silent_tenant_times_out_and_a_write_to_it_is_ambiguous() {
    let tenant = StubTenant::start().await;
    let timeouts = HttpTimeouts {
        connect: Duration::from_secs(1),
        total: Duration::from_secs(1),
    };
    let management = tenant.management_within(timeouts);
    tenant.always(PATCH, Reply::silence());
    let error = write(&management).await.unwrap_err();
    let ManagementError::Ambiguous(Ambiguity::NoAnswer(TransportError::Timeout(_))) = error else {
        panic!("{error:?}");
    };
    assert_eq!(tenant.count(PATCH), 1);
    tenant.in_turn(USER, [Reply::silence(), Reply::json(200, &ada())]);
    read(&management).await.unwrap();
    assert_eq!(tenant.count(USER), 2);
}

#[tokio::test]
async fn a_write_whose_token_cannot_be_fetched_was_never_sent() {
    let tenant = StubTenant::start().await;
    let management = tenant.management();
    tenant.always(TOKEN, Reply::json(500, &json!({})));
    let error = write(&management).await.unwrap_err();
    assert!(
        matches!(error, ManagementError::Unavailable { status: 500 }),
        "{error:?}"
    );
    tenant.always(TOKEN, Reply::dropped_connection());
    let error = write(&management).await.unwrap_err();
    assert!(
        matches!(error, ManagementError::Unreachable(_)) && !error.is_ambiguous(),
        "{error:?}"
    );
    assert_eq!(tenant.count(PATCH), 0);
}

#[tokio::test]
async fn a_write_to_a_tenant_that_went_away_is_unreachable_and_did_nothing() {
    let tenant = StubTenant::start().await;
    let management = tenant.management();
    // No connection is kept, so that the write needs a new one.
    tenant.always(TOKEN, access_token(0, 86400).with_header("connection", "close"));
    tenant.always(USER, Reply::json(200, &ada()).with_header("connection", "close"));
    read(&management).await.unwrap();
    tenant.stop_listening().await;
    let error = write(&management).await.unwrap_err();
    assert!(
        matches!(&error, ManagementError::Unreachable(cause) if cause.nothing_was_sent()),
        "{error:?}"
    );
    assert!(!error.is_ambiguous());
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let tenant = StubTenant::start().await;
    let mut user = ada();
    user["user_metadata"] = json!({"x": "x".repeat(5 * 1024 * 1024)});
    tenant.always(USER, Reply::json(200, &user));
    tenant.always(PATCH, Reply::json(200, &user));
    let management = tenant.management();
    let error = read(&management).await.unwrap_err();
    assert!(
        matches!(error, ManagementError::Unreachable(TransportError::TooLarge)),
        "{error:?}"
    );
    assert_eq!(tenant.count(USER), 1, "asking again would not make it smaller");
    assert!(write(&management).await.unwrap_err().is_ambiguous());
}

#[tokio::test]
async fn nothing_is_sent_or_repeated_once_the_permit_has_ended() {
    let tenant = StubTenant::start().await;
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    // Ends after the first request, while the rate limit is waited for.
    let permitted = tenant
        .management()
        .while_permitted(Arc::new(move || count.fetch_add(1, Ordering::Relaxed) < 1));
    tenant.in_turn(
        USER,
        [too_many().with_header("retry-after", "0"), Reply::json(200, &ada())],
    );
    let error = read(&permitted).await.unwrap_err();
    assert!(matches!(error, ManagementError::NotPermitted), "{error:?}");
    assert!(!error.is_ambiguous() && !error.is_definite_refusal());
    let error = link(&permitted).await.unwrap_err();
    assert!(matches!(error, ManagementError::NotPermitted), "{error:?}");
    assert_eq!([USER, LINK].map(|target| tenant.count(target)), [1, 0]);
}

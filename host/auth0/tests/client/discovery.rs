//! Learning the tenant's endpoints.

use conjoin_auth0::http::TransportError;
use conjoin_auth0::relying_party::DiscoveryProblem;
use conjoin_auth0::{HttpTimeouts, OidcError, RelyingParty, RelyingPartyConfig, http_client};
use secrecy::SecretString;
use serde_json::json;
use tokio::task::JoinSet;

use crate::sign_in::{DISCOVERY, KEYS, discovery_document, request, tenant};
use crate::stub_tenant::{CLIENT_ID, CLIENT_SECRET, Reply, StubTenant};

async fn failure(tenant: &StubTenant) -> OidcError {
    tenant.relying_party().authorize(&request()).await.unwrap_err()
}

async fn problem(tenant: &StubTenant) -> DiscoveryProblem {
    match failure(tenant).await {
        OidcError::Discovery(problem) => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a22_the_document_must_name_the_configured_issuer_to_the_letter() {
    let tenant = tenant().await;
    for other in [tenant.base.as_str().trim_end_matches('/'), "https://evil.example/"] {
        let mut document = discovery_document(&tenant);
        document["issuer"] = json!(other);
        tenant.always(DISCOVERY, Reply::json(200, &document));
        assert_eq!(problem(&tenant).await, DiscoveryProblem::OtherIssuer, "{other}");
    }
}

#[tokio::test]
async fn endpoints_of_another_scheme_than_the_issuers_are_refused() {
    let tenant = tenant().await;
    for name in ["authorization_endpoint", "token_endpoint", "end_session_endpoint"] {
        let mut document = discovery_document(&tenant);
        // The stub has no TLS; what counts is that the schemes differ.
        document[name] = json!("https://tenant.example/endpoint");
        tenant.always(DISCOVERY, Reply::json(200, &document));
        assert_eq!(problem(&tenant).await, DiscoveryProblem::OtherScheme, "{name}");
    }
}

#[tokio::test]
async fn a_document_or_key_set_that_is_none_is_told_apart_from_an_unreachable_tenant() {
    let tenant = tenant().await;
    tenant.always(DISCOVERY, Reply::json(404, &json!({"error": "no tenant"})));
    assert_eq!(problem(&tenant).await, DiscoveryProblem::Status(404));
    tenant.always(DISCOVERY, Reply::json(200, &json!({"issuer": tenant.base.as_str()})));
    assert_eq!(problem(&tenant).await, DiscoveryProblem::Malformed);
    tenant.always(
        DISCOVERY,
        Reply::text(200, "text/html", "<html>sign in to the wifi</html>"),
    );
    assert_eq!(problem(&tenant).await, DiscoveryProblem::Malformed);
    tenant.always(DISCOVERY, Reply::json(200, &discovery_document(&tenant)));
    tenant.always(KEYS, Reply::json(200, &json!({"keys": "none"})));
    assert_eq!(problem(&tenant).await, DiscoveryProblem::Malformed);
    tenant.always(DISCOVERY, Reply::dropped_connection());
    assert!(matches!(failure(&tenant).await, OidcError::Unreachable(_)));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let tenant = tenant().await;
    let elsewhere = Reply::json(302, &json!({})).with_header("location", "/elsewhere");
    tenant.always(DISCOVERY, elsewhere);
    assert_eq!(problem(&tenant).await, DiscoveryProblem::Status(302));
    assert_eq!(tenant.count("GET /elsewhere"), 0);
}

#[tokio::test]
async fn an_endless_document_is_not_read_to_its_end() {
    let tenant = tenant().await;
    let mut document = discovery_document(&tenant);
    document["padding"] = json!("x".repeat(5 * 1024 * 1024));
    tenant.always(DISCOVERY, Reply::json(200, &document));
    let error = failure(&tenant).await;
    assert!(
        matches!(error, OidcError::Unreachable(TransportError::TooLarge)),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_failure_is_not_kept_and_a_success_is() {
    let tenant = tenant().await;
    let document = Reply::json(200, &discovery_document(&tenant));
    tenant.in_turn(DISCOVERY, [Reply::json(500, &json!({})), document]);
    let relying_party = tenant.relying_party();
    let first = relying_party.authorize(&request()).await.unwrap_err();
    assert!(matches!(first, OidcError::Unavailable { status: 500 }), "{first:?}");
    relying_party.authorize(&request()).await.unwrap();
    relying_party.authorize(&request()).await.unwrap();
    assert_eq!(tenant.count(DISCOVERY), 2);
}

#[tokio::test]
async fn however_many_wait_the_document_is_fetched_once() {
    let tenant = tenant().await;
    let relying_party = tenant.relying_party();
    let mut sign_ins = JoinSet::new();
    for _ in 0..50 {
        let relying_party = relying_party.clone();
        sign_ins.spawn(async move { relying_party.authorize(&request()).await });
    }
    for ended in sign_ins.join_all().await {
        ended.unwrap();
    }
    assert_eq!((tenant.count(DISCOVERY), tenant.count(KEYS)), (1, 1));
}

#[tokio::test]
async fn a_tenant_that_is_not_there_is_unreachable_and_no_url_is_printed() {
    // Port 0 cannot be connected to.
    let config = RelyingPartyConfig {
        issuer: "http://127.0.0.1:0/".parse().unwrap(),
        client_id: CLIENT_ID.to_owned(),
        credential: SecretString::from(CLIENT_SECRET).into(),
    };
    let relying_party = RelyingParty::new(config, http_client(HttpTimeouts::default()).unwrap());
    let error = relying_party.authorize(&request()).await.unwrap_err();
    let OidcError::Unreachable(error) = error else {
        panic!("{error:?}");
    };
    assert!(error.nothing_was_sent(), "{error:?}");
    assert!(!format!("{error:?}").contains("openid-configuration"), "{error:?}");
}

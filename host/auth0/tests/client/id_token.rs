//! Every way an ID token can be wrong, each refused for its own reason.

use conjoin_auth0::relying_party::IdTokenProblem;
use conjoin_auth0::{AuthorizeRequest, OidcError, PendingAuthorization, SignIn};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::sign_in::{answer_with, claims, now, request, sign_in_with, tenant};
use crate::signing::{FIRST_KEY, SECOND_KEY, sign_hs256, unsigned};
use crate::stub_tenant::{CLIENT_ID, CLIENT_SECRET};

/// Why a token made of the right claims but for one is refused.
async fn refusal_with(claim: &str, value: Value) -> IdTokenProblem {
    problem(sign_in_with(|claims| claims[claim] = value).await)
}

/// Why a token is refused that `make` makes of the right claims.
async fn refusal_of(make: impl FnOnce(&Value) -> String) -> IdTokenProblem {
    let tenant = tenant().await;
    let relying_party = tenant.relying_party();
    let pending = relying_party.authorize(&request()).await.unwrap().pending;
    answer_with(&tenant, &make(&claims(&tenant, &pending)));
    problem(relying_party.exchange("the-code", &pending).await)
}

fn problem(ended: Result<SignIn, OidcError>) -> IdTokenProblem {
    match ended {
        Err(OidcError::InvalidIdToken(problem)) => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a22_the_issuer_must_be_equal_to_the_letter() {
    assert_eq!(
        refusal_with("iss", json!("https://evil.example/")).await,
        IdTokenProblem::Issuer
    );
    let without_slash = problem(
        sign_in_with(|claims| {
            let issuer = claims["iss"].as_str().unwrap().trim_end_matches('/').to_owned();
            claims["iss"] = json!(issuer);
        })
        .await,
    );
    assert_eq!(without_slash, IdTokenProblem::Issuer);
}

#[tokio::test]
async fn a23_a_token_for_another_client_is_refused() {
    assert_eq!(
        refusal_with("aud", json!("another-client")).await,
        IdTokenProblem::Audience
    );
    assert_eq!(
        refusal_with("aud", json!([CLIENT_ID, "another"])).await,
        IdTokenProblem::Audience
    );
    assert_eq!(
        refusal_with("azp", json!("another-client")).await,
        IdTokenProblem::AuthorizedParty
    );
    assert_eq!(refusal_with("azp", json!(1)).await, IdTokenProblem::Malformed);
}

#[tokio::test]
async fn an_audience_of_this_client_alone_is_right_in_both_forms() {
    let sign_in = sign_in_with(|claims| {
        claims["aud"] = json!([CLIENT_ID]);
        claims["azp"] = json!(CLIENT_ID);
    });
    assert!(sign_in.await.is_ok());
}

#[tokio::test]
async fn a23_only_rs256_is_a_signature() {
    let algorithm = IdTokenProblem::Algorithm;
    assert_eq!(refusal_of(|claims| sign_hs256(CLIENT_SECRET, claims)).await, algorithm);
    assert_eq!(refusal_of(unsigned).await, algorithm);
    for name in ["RS512", "PS256", "nOnE", "whirlpool"] {
        let header = json!({"alg": name, "kid": "key-1"});
        assert_eq!(
            refusal_of(|claims| FIRST_KEY.sign_with_header(&header, claims)).await,
            algorithm,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a23_an_access_token_is_no_id_token() {
    let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": "key-1"});
    let typed = refusal_of(|claims| FIRST_KEY.sign_with_header(&header, claims)).await;
    assert_eq!(typed, IdTokenProblem::Type);
    // Auth0's own access tokens call themselves JWT; their audience is an API, and they hold no nonce.
    let untyped = refusal_of(|claims| {
        let mut claims = claims.clone();
        claims["aud"] = json!(["https://tenant.example/api/v2/", "https://tenant.example/userinfo"]);
        claims["azp"] = json!(CLIENT_ID);
        FIRST_KEY.sign(&claims)
    });
    assert_eq!(untyped.await, IdTokenProblem::Audience);
    let without_nonce = sign_in_with(|claims| {
        claims.as_object_mut().unwrap().remove("nonce");
    });
    assert_eq!(problem(without_nonce.await), IdTokenProblem::Missing("nonce"));
}

#[tokio::test]
async fn a11_the_nonce_must_be_that_of_this_sign_in() {
    assert_eq!(
        refusal_with("nonce", json!("of-another-sign-in")).await,
        IdTokenProblem::Nonce
    );
}

#[tokio::test]
async fn an_expired_token_is_refused_and_a_slow_clock_forgiven() {
    assert_eq!(refusal_with("exp", json!(now() - 3600)).await, IdTokenProblem::Expired);
    assert!(sign_in_with(|claims| claims["exp"] = json!(now() - 5)).await.is_ok());
}

#[tokio::test]
async fn a_changed_token_and_a_foreign_signature_are_refused() {
    let changed = refusal_of(|claims| {
        let [right, other] = ["auth0|ada", "auth0|eve"].map(|subject| {
            let mut claims = claims.clone();
            claims["sub"] = json!(subject);
            FIRST_KEY.sign(&claims)
        });
        let (_, signature) = right.rsplit_once('.').unwrap();
        let (input, _) = other.rsplit_once('.').unwrap();
        format!("{input}.{signature}")
    });
    assert_eq!(changed.await, IdTokenProblem::Signature);
    let header = json!({"alg": "RS256", "kid": "key-1"});
    let foreign = refusal_of(|claims| SECOND_KEY.sign_with_header(&header, claims));
    assert_eq!(foreign.await, IdTokenProblem::Signature);
}

#[tokio::test]
async fn s14_a18_auth_time_is_given_as_it_is_and_zero_is_a_value() {
    let given = |value: Value| async move { sign_in_with(|claims| claims["auth_time"] = value).await };
    assert_eq!(given(json!(0)).await.unwrap().auth_time, Some(0));
    let future = now() + 100_000;
    assert_eq!(given(json!(future)).await.unwrap().auth_time, Some(future));
    let absent = sign_in_with(|claims| {
        claims.as_object_mut().unwrap().remove("auth_time");
    });
    assert_eq!(absent.await.unwrap().auth_time, None);
    for wrong in [
        json!("1763812800"),
        json!("2026-11-22T12:00:00Z"),
        json!(1763812800.5),
        json!(null),
        json!("now"),
    ] {
        assert_eq!(problem(given(wrong.clone()).await), IdTokenProblem::AuthTime, "{wrong}");
    }
}

#[tokio::test]
async fn email_verified_may_be_text_and_counts_only_when_true() {
    let verified = |value: Value| async move {
        let sign_in = sign_in_with(|claims| claims["email_verified"] = value).await;
        sign_in.unwrap().email_verified
    };
    assert!(verified(json!("true")).await);
    assert!(!verified(json!("false")).await);
    assert!(!verified(json!(false)).await);
    let silent = sign_in_with(|claims| {
        claims.as_object_mut().unwrap().remove("email_verified");
    });
    assert!(!silent.await.unwrap().email_verified);
}

#[tokio::test]
async fn methods_context_and_organization_are_reported() {
    let sign_in = sign_in_with(|claims| {
        claims["amr"] = json!(["mfa"]);
        claims["acr"] = json!("http://schemas.openid.net/pape/policies/2007/06/multi-factor");
        claims["org_id"] = json!("org_1");
    });
    let sign_in = sign_in.await.unwrap();
    assert_eq!(sign_in.amr, ["mfa"]);
    assert!(sign_in.acr.unwrap().ends_with("/multi-factor"));
    assert_eq!(sign_in.org_id.as_deref(), Some("org_1"));
}

#[tokio::test]
async fn the_organization_asked_for_must_be_the_one_signed_in_to() {
    let tenant = tenant().await;
    let relying_party = tenant.relying_party();
    let request = AuthorizeRequest {
        organization: Some("org_1".to_owned()),
        ..request()
    };
    let pending = relying_party.authorize(&request).await.unwrap().pending;
    let sign_in = async |organization: Option<&str>, pending: &PendingAuthorization| {
        let mut claims = claims(&tenant, pending);
        if let Some(organization) = organization {
            claims["org_id"] = json!(organization);
        }
        answer_with(&tenant, &FIRST_KEY.sign(&claims));
        relying_party.exchange("the-code", pending).await
    };
    assert!(sign_in(Some("org_1"), &pending).await.is_ok());
    assert_eq!(
        problem(sign_in(Some("org_2"), &pending).await),
        IdTokenProblem::Organization
    );
    assert_eq!(problem(sign_in(None, &pending).await), IdTokenProblem::Organization);
}

#[tokio::test]
async fn what_a_token_lacks_is_named() {
    for name in ["iss", "sub", "aud", "exp", "iat"] {
        let ended = sign_in_with(|claims| {
            claims.as_object_mut().unwrap().remove(name);
        });
        assert_eq!(problem(ended.await), IdTokenProblem::Missing(name));
    }
    assert_eq!(refusal_with("sub", json!("ada")).await, IdTokenProblem::Subject);
    assert_eq!(
        refusal_of(|_| "not.a.token".to_owned()).await,
        IdTokenProblem::Malformed
    );
    assert_eq!(refusal_with("exp", json!("tomorrow")).await, IdTokenProblem::Malformed);
}

#[tokio::test]
async fn a_sign_in_keeps_the_token_for_logout_and_prints_no_person() {
    let sign_in = sign_in_with(|_| {}).await.unwrap();
    assert_eq!(sign_in.id_token.expose_secret().split('.').count(), 3);
    let printed = format!("{sign_in:?}");
    assert!(!printed.contains(sign_in.id_token.expose_secret()), "{printed}");
    assert!(
        !printed.contains("Ada@Example.com") && !printed.contains("Lovelace"),
        "{printed}"
    );
}

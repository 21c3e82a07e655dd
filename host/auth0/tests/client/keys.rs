//! Signing keys that change while the program runs.

use conjoin_auth0::relying_party::IdTokenProblem;
use conjoin_auth0::{OidcError, RelyingParty, SignIn};
use serde_json::json;
use tokio::task::JoinSet;

use crate::sign_in::{KEYS, answer_with, claims, request, tenant};
use crate::signing::{FIRST_KEY, SECOND_KEY, SigningKey};
use crate::stub_tenant::{Reply, StubTenant};

fn publish(tenant: &StubTenant, keys: &[&SigningKey]) {
    let keys: Vec<_> = keys.iter().map(|key| key.published()).collect();
    tenant.always(KEYS, Reply::json(200, &json!({"keys": keys})));
}

async fn sign_in(tenant: &StubTenant, relying_party: &RelyingParty, key: &SigningKey) -> Result<SignIn, OidcError> {
    let pending = relying_party.authorize(&request()).await.unwrap().pending;
    answer_with(tenant, &key.sign(&claims(tenant, &pending)));
    relying_party.exchange("the-code", &pending).await
}

#[tokio::test]
async fn keys_are_fetched_once_and_again_when_a_token_names_a_new_one() {
    let tenant = tenant().await;
    let relying_party = tenant.relying_party();
    sign_in(&tenant, &relying_party, &FIRST_KEY).await.unwrap();
    sign_in(&tenant, &relying_party, &FIRST_KEY).await.unwrap();
    assert_eq!(tenant.count(KEYS), 1);

    publish(&tenant, &[&FIRST_KEY, &SECOND_KEY]);
    sign_in(&tenant, &relying_party, &SECOND_KEY).await.unwrap();
    sign_in(&tenant, &relying_party, &FIRST_KEY).await.unwrap();
    assert_eq!(tenant.count(KEYS), 2);
}

#[tokio::test]
async fn unknown_keys_do_not_make_a_fetch_each() {
    let tenant = tenant().await;
    let relying_party = tenant.relying_party();
    for _ in 0..3 {
        let ended = sign_in(&tenant, &relying_party, &SECOND_KEY).await;
        let Err(OidcError::InvalidIdToken(problem)) = ended else {
            panic!("{ended:?}");
        };
        assert_eq!(problem, IdTokenProblem::UnknownKey);
    }
    assert_eq!(tenant.count(KEYS), 2, "one at first, one for the first unknown key");
    sign_in(&tenant, &relying_party, &FIRST_KEY).await.unwrap();
}

#[tokio::test]
async fn however_many_meet_a_new_key_it_is_fetched_once() {
    let tenant = tenant().await;
    let relying_party = tenant.relying_party();
    let pending = relying_party.authorize(&request()).await.unwrap().pending;
    publish(&tenant, &[&SECOND_KEY]);
    answer_with(&tenant, &SECOND_KEY.sign(&claims(&tenant, &pending)));
    let mut sign_ins = JoinSet::new();
    for _ in 0..20 {
        let (relying_party, pending) = (relying_party.clone(), pending.clone());
        sign_ins.spawn(async move { relying_party.exchange("the-code", &pending).await });
    }
    for ended in sign_ins.join_all().await {
        ended.unwrap();
    }
    assert_eq!(tenant.count(KEYS), 2);
}

#[tokio::test]
async fn keys_that_cannot_be_read_are_passed_over() {
    let tenant = tenant().await;
    let elliptic = json!({"kty": "EC", "kid": "other", "crv": "P-256K", "x": "AA", "y": "AA"});
    let keys = json!({"keys": [elliptic, {"kty": "?"}, FIRST_KEY.published()]});
    tenant.always(KEYS, Reply::json(200, &keys));
    sign_in(&tenant, &tenant.relying_party(), &FIRST_KEY).await.unwrap();
}

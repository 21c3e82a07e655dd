//! An address says little: who registered it first, who owns it now, and who merely says so.

use conjoin_tests::{Browser, Host, PASSWORD, Page, TenantProcess, flow, free_port};
use serde_json::{Value, json};

use super::{authorize_url, signed_in_as, with_parameters};

const EMAIL: &str = "victim@example.com";
const DATABASE: &str = "auth0|victim";
const GOOGLE: &str = "google-oauth2|victim";

fn user(id: &str, rest: Value) -> Value {
    let mut user = json!({ "user_id": id, "email": EMAIL, "email_verified": true, "password": PASSWORD });
    user.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    user
}

/// Two accounts of one address, with these attributes.
async fn put(host: &Host, database: Value, google: Value) {
    host.tenant.put_user(&user(DATABASE, database)).await;
    host.tenant.put_user(&user(GOOGLE, google)).await;
}

async fn by_password(host: &Host, browser: &Browser) -> Page {
    flow::sign_in(host, browser, EMAIL).await
}

async fn by_google(host: &Host, browser: &Browser) -> Page {
    flow::sign_in_through(host, browser, "google-oauth2", EMAIL).await
}

fn offers(account: &Page) -> usize {
    account.forms("[data-offer]").len()
}

async fn assert_nothing_written(host: &Host) {
    let writes = host.tenant.writes().await;
    assert!(writes.is_empty(), "{writes:?}");
}

#[tokio::test]
async fn a01_whoever_registers_an_address_first_gets_nothing_when_its_owner_comes() {
    let host = Host::start().await;
    let unverified = json!({ "email_verified": false, "user_metadata": { "trap": true } });
    put(&host, unverified, json!({})).await;
    // The owner is not led to the trap, and the one who set it finds nothing either.
    assert_eq!(offers(&by_google(&host, &Browser::new()).await), 0);
    assert_eq!(offers(&by_password(&host, &Browser::new()).await), 0);
    assert_nothing_written(&host).await;
}

#[tokio::test]
async fn a02_an_unverified_side_is_not_offered_in_either_direction() {
    let host = Host::start().await;
    let unverified = || json!({ "email_verified": false });
    for (database, google) in [(unverified(), json!({})), (json!({}), unverified())] {
        put(&host, database, google).await;
        assert_eq!(offers(&by_password(&host, &Browser::new()).await), 0);
        assert_eq!(offers(&by_google(&host, &Browser::new()).await), 0);
    }
    put(&host, json!({}), json!({})).await;
    assert_eq!(
        offers(&by_password(&host, &Browser::new()).await),
        1,
        "it was that alone"
    );
    assert_eq!(offers(&by_google(&host, &Browser::new()).await), 1);
}

#[tokio::test]
async fn a02_a_side_that_is_unverified_by_then_is_refused_when_the_link_is_carried_out() {
    let host = Host::start().await;
    for becomes_unverified in [DATABASE, GOOGLE] {
        for from_google in [false, true] {
            put(&host, json!({}), json!({})).await;
            let browser = Browser::new();
            let (account, label) = if from_google {
                (by_google(&host, &browser).await, "e-mail and password")
            } else {
                (by_password(&host, &browser).await, "Google")
            };
            let review = flow::prove(&browser, &account, label, EMAIL).await;
            assert_eq!(review.name(), "link-review", "{}", review.readable());
            host.tenant
                .change_user(becomes_unverified, json!({ "email_verified": false }))
                .await;
            let before = host.tenant.holdings().await;
            let refused = flow::confirm(&browser, &review).await;
            assert_eq!(
                refused.message(),
                "unverified",
                "{becomes_unverified} {label}: {}",
                refused.readable()
            );
            assert_eq!(host.tenant.holdings().await, before);
            assert_nothing_written(&host).await;
        }
    }
}

#[tokio::test]
async fn a06_an_account_of_a_provider_that_is_not_listed_is_neither_offered_nor_searched_from() {
    // As `conjoin serve` comes, with Google and without GitHub; `conjoin dev` trusts GitHub too.
    let tenant = TenantProcess::start();
    let host = tenant.host(tempfile::tempdir().unwrap(), free_port(), "");
    let account = flow::sign_in(&host, &Browser::new(), "ada@example.com").await;
    let labels = account.attributes("[data-offer]", "data-offer");
    assert_eq!(
        labels,
        ["Google"],
        "GitHub lets nobody claim an address, and nobody has said so here"
    );
    let account = flow::sign_in_through(&host, &Browser::new(), "github", "Ada@Example.com").await;
    assert_eq!(offers(&account), 0);
    let account = flow::sign_in(&Host::start().await, &Browser::new(), "ada@example.com").await;
    assert_eq!(account.attributes("[data-offer]", "data-offer"), ["GitHub", "Google"]);
}

#[tokio::test]
async fn a07_the_new_owner_of_an_address_cannot_link_the_account_of_the_old_one() {
    let host = Host::start().await;
    let old = json!({ "password": "the old owner's", "user_metadata": { "diary": "private" } });
    put(&host, old, json!({})).await;
    let before = host.tenant.holdings().await;
    let browser = Browser::new();
    let account = by_google(&host, &browser).await;
    assert_eq!(offers(&account), 1, "the address is all that both have in common");
    assert!(!account.text.contains("private") && !account.text.contains("diary"));
    // The old password is not known.
    let authorize = authorize_url(&browser, &account, "e-mail and password").await;
    let form = browser.get(authorize.clone()).await;
    let refused = flow::enter(&browser, &form, EMAIL).await;
    assert!(
        refused.url.as_str().starts_with(host.tenant.url.as_str()),
        "{}",
        refused.url
    );
    // And one's own account is not the one that was chosen, whatever the browser makes of the request.
    let own = with_parameters(&authorize, &[("connection", Some("google-oauth2"))]);
    let form = browser.get(own).await;
    let refused = flow::enter(&browser, &form, EMAIL).await;
    assert_eq!(refused.message(), "wrong-account", "{}", refused.readable());
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some(GOOGLE));
    assert_eq!(host.tenant.holdings().await, before);
    assert_nothing_written(&host).await;
}

#[tokio::test]
async fn a09_an_account_that_says_of_itself_that_it_is_verified_is_not() {
    let host = Host::start().await;
    let says_so = json!({ "email": EMAIL, "email_verified": true });
    let identity = json!({
        "connection": "google-oauth2", "provider": "google-oauth2", "user_id": "victim", "isSocial": true, "profileData": says_so,
    });
    let claims =
        json!({ "email_verified": false, "user_metadata": says_so, "app_metadata": says_so, "identities": [identity] });
    put(&host, json!({}), claims).await;
    assert_eq!(offers(&by_password(&host, &Browser::new()).await), 0);
    assert_eq!(offers(&by_google(&host, &Browser::new()).await), 0);
    assert_nothing_written(&host).await;
}

//! What others do to the accounts while they are being linked, and links that take longer than a person waits.

use conjoin_tests::{Browser, Host, Page, flow};
use serde_json::{Value, json};

use super::pairs::{Pair, bag, linked};

const LINK: &str = "/api/v2/users/auth0|joan/identities";
const LINK_CALLED: &str = "/api/v2/users/auth0%7Cjoan/identities";

async fn joan(host: &Host, browser: &Browser) -> (Pair, Page) {
    let own = json!({ "user_metadata": { "theme": "dark", "list": [1] } });
    let google = json!({ "user_metadata": { "list": [2], "font": "serif" } });
    let pair = Pair::put(&host.tenant, "joan", own, google).await;
    let review = pair.review(host, browser).await;
    host.tenant.forget_calls().await;
    (pair, review)
}

/// Looks at the tenant for as long as a call of these tests can still take effect: it may come at any moment until then.
async fn assert_stays(host: &Host, user: &str, is_there: bool, otherwise: &str) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_millis(1600);
    while std::time::Instant::now() < deadline {
        assert_eq!(host.tenant.user(user).await.is_some(), is_there, "{otherwise}");
    }
}

fn stage(page: &Page) -> String {
    page.attributes("main", "data-stage").concat()
}

/// Opens a page until it says what is expected of it.
pub async fn until_stage(browser: &Browser, page: &Page, expected: &str) -> Page {
    for _ in 0..600 {
        let now = browser.get(page.url.clone()).await;
        if stage(&now) == expected {
            return now;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("never {expected}: {}", browser.get(page.url.clone()).await.readable());
}

#[tokio::test]
async fn a05_s25_a_change_of_the_other_account_after_the_confirmation_undoes_the_link() {
    let (host, browser) = (Host::start().await, Browser::new());
    let (pair, review) = joan(&host, &browser).await;
    let path = "/api/v2/users/google-oauth2|joan";
    // The second read of it goes out with the first write to the primary.
    host.tenant
        .faults(json!([{ "method": "GET", "path": path, "skip": 1, "hold": true }]))
        .await;
    let edit = async {
        host.tenant.until_called("PATCH", "/api/v2/users/auth0%7Cjoan").await;
        let changed = json!({ "user_metadata": { "list": [2], "font": "mono" } });
        host.tenant.change_user(&pair.google, changed).await;
        host.tenant.faults(json!([])).await;
    };
    let (page, ()) = tokio::join!(flow::confirm(&browser, &review), edit);
    assert_eq!(stage(&page), "rolled_back", "{}", page.readable());
    assert!(
        page.readable().contains("was changed while they were being linked"),
        "{}",
        page.readable()
    );
    assert!(host.tenant.bodies("POST").await.is_empty(), "nothing was linked");
    assert_eq!(
        bag(&host.tenant, &pair.own, "user_metadata").await,
        json!({ "theme": "dark", "list": [1] })
    );
    assert_eq!(
        bag(&host.tenant, &pair.google, "user_metadata").await,
        json!({ "list": [2], "font": "mono" })
    );
}

#[tokio::test]
async fn s25_what_someone_else_writes_before_the_link_call_stays_and_is_reported() {
    let (host, browser) = (Host::start().await, Browser::new());
    let (pair, review) = joan(&host, &browser).await;
    host.tenant
        .faults(json!([{ "method": "POST", "path": LINK, "hold": true }]))
        .await;
    let edit = async {
        host.tenant.until_called("POST", LINK_CALLED).await;
        let edited = json!({ "user_metadata": { "theme": "dark", "list": [1, 2], "font": "mono" } });
        host.tenant.change_user(&pair.own, edited).await;
        host.tenant.faults(json!([])).await;
    };
    let (page, ()) = tokio::join!(flow::confirm(&browser, &review), edit);
    assert_eq!(stage(&page), "done", "{}", page.readable());
    assert_eq!(page.texts("[data-list=kept] li"), ["user_metadata/font"]);
    let now = bag(&host.tenant, &pair.own, "user_metadata").await;
    assert_eq!(now, json!({ "theme": "dark", "list": [1, 2], "font": "mono" }));
}

#[tokio::test]
async fn s27_a_link_that_is_not_settled_is_carried_on_and_keeps_its_accounts_from_others() {
    let (host, browser) = (Host::start().await, Browser::new());
    let (pair, review) = joan(&host, &browser).await;
    let account = browser.get(host.at("/user")).await;
    host.tenant
        .faults(json!([{ "method": "POST", "path": LINK, "status": 500 }]))
        .await;
    let page = flow::confirm(&browser, &review).await;
    assert_eq!(stage(&page), "metadata_written", "{}", page.readable());
    assert!(page.readable().contains("keep trying"), "{}", page.readable());
    // The merged metadata stands already: a link begun now would merge it once more.
    let refused = flow::choose(&browser, &account, "Google").await;
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (409, "unsettled"),
        "{}",
        refused.readable()
    );
    host.tenant.faults(json!([])).await;
    until_stage(&browser, &page, "done").await;
    assert_eq!(
        linked(&browser.get(host.at("/user")).await),
        [pair.own.as_str(), pair.google.as_str()]
    );
    let now = bag(&host.tenant, &pair.own, "user_metadata").await;
    assert_eq!(
        now,
        json!({ "theme": "dark", "list": [1, 2], "font": "serif" }),
        "merged once"
    );
}

#[tokio::test]
async fn s27_s33_a_link_call_that_lands_late_does_not_undo_an_unlink() {
    let (host, browser) = (Host::start().await, Browser::new());
    let (pair, review) = joan(&host, &browser).await;
    // Cut before its effect, which comes later than the repetition of the call has linked the accounts, and within what the host allows for.
    let late = json!([{ "method": "POST", "path": LINK, "times": 1, "reset": true, "late_effect_ms": 1500 }]);
    host.tenant.faults(late).await;
    let page = flow::confirm(&browser, &review).await;
    let account = browser.get(host.at("/user")).await;
    assert_eq!(
        linked(&account),
        [pair.own.as_str(), pair.google.as_str()],
        "{}",
        page.readable()
    );
    let unlink = flow::review_unlink(&browser, &account, &pair.google, &pair.email).await;
    flow::confirm(&browser, &unlink).await;
    host.tenant
        .until_holds(&pair.google, &json!({ "list": [2], "font": "serif" }))
        .await;
    assert_stays(&host, &pair.google, true, "linked again, and nobody confirmed it").await;
}

#[tokio::test]
async fn s27_an_unlink_that_is_not_settled_is_carried_on() {
    let (host, browser) = (Host::start().await, Browser::new());
    let (pair, review) = joan(&host, &browser).await;
    let account = flow::confirm(&browser, &review).await;
    let unlink = browser
        .submit(&account.form("[data-identity='google-oauth2|joan']"))
        .await;
    let path = "/api/v2/users/google-oauth2|joan";
    host.tenant
        .faults(json!([{ "method": "PATCH", "path": path, "status": 503 }]))
        .await;
    let page = flow::confirm(&browser, &unlink).await;
    assert_eq!(stage(&page), "separated", "{}", page.readable());
    host.tenant.faults(json!([])).await;
    let google: Value = json!({ "list": [2], "font": "serif" });
    host.tenant.until_holds(&pair.google, &google).await;
    host.tenant
        .until_holds(&pair.own, &json!({ "theme": "dark", "list": [1] }))
        .await;
}

#[tokio::test]
async fn a05_s25_a_change_of_the_other_account_in_the_last_moment_before_the_link_undoes_it() {
    let (host, browser) = (Host::start().await, Browser::new());
    let (pair, review) = joan(&host, &browser).await;
    // Ending its sessions comes before the link call and takes its time.
    let sessions = "/api/v2/users/google-oauth2|joan/sessions";
    host.tenant
        .faults(json!([{ "method": "DELETE", "path": sessions, "hold": true }]))
        .await;
    let edit = async {
        host.tenant
            .until_called("DELETE", "/api/v2/users/google-oauth2%7Cjoan/sessions")
            .await;
        let changed = json!({ "user_metadata": { "list": [2], "font": "mono" } });
        host.tenant.change_user(&pair.google, changed).await;
        host.tenant.faults(json!([])).await;
    };
    let (page, ()) = tokio::join!(flow::confirm(&browser, &review), edit);
    assert_eq!(stage(&page), "rolled_back", "{}", page.readable());
    assert!(host.tenant.bodies("POST").await.is_empty(), "nothing was linked");
    let now = bag(&host.tenant, &pair.google, "user_metadata").await;
    assert_eq!(now, json!({ "list": [2], "font": "mono" }));
}

#[tokio::test]
async fn s31_what_someone_else_writes_to_the_primary_during_an_unlink_stays_and_is_reported() {
    let (host, browser) = (Host::start().await, Browser::new());
    let (pair, review) = joan(&host, &browser).await;
    let account = flow::confirm(&browser, &review).await;
    let unlink = browser
        .submit(&account.form("[data-identity='google-oauth2|joan']"))
        .await;
    let path = "/api/v2/users/google-oauth2|joan";
    host.tenant.forget_calls().await;
    host.tenant
        .faults(json!([{ "method": "PATCH", "path": path, "hold": true }]))
        .await;
    let edit = async {
        host.tenant
            .until_called("PATCH", "/api/v2/users/google-oauth2%7Cjoan")
            .await;
        let edited = json!({ "user_metadata": { "theme": "dark", "list": [1, 2], "font": "mono" } });
        host.tenant.change_user(&pair.own, edited).await;
        host.tenant.faults(json!([])).await;
    };
    let (page, ()) = tokio::join!(flow::confirm(&browser, &unlink), edit);
    let page = until_stage(&browser, &page, "unlinked").await;
    assert_eq!(page.texts("[data-list=kept] li"), ["user_metadata/font"]);
    let now = bag(&host.tenant, &pair.own, "user_metadata").await;
    assert_eq!(now, json!({ "theme": "dark", "list": [1], "font": "mono" }));
}

#[tokio::test]
async fn s33_an_unlink_call_that_lands_late_does_not_take_a_new_link_apart() {
    let (host, browser) = (Host::start().await, Browser::new());
    let (pair, review) = joan(&host, &browser).await;
    let account = flow::confirm(&browser, &review).await;
    let unlink = browser
        .submit(&account.form("[data-identity='google-oauth2|joan']"))
        .await;
    // Cut before its effect, which comes later than the repetition of the call has separated the accounts, and within what the host allows for.
    let path = "/api/v2/users/auth0|joan/identities/google-oauth2/joan";
    let late = json!([{ "method": "DELETE", "path": path, "times": 1, "reset": true, "late_effect_ms": 1500 }]);
    host.tenant.faults(late).await;
    let page = flow::confirm(&browser, &unlink).await;
    assert_eq!(page.url.path(), "/user", "{}", page.readable());
    let review = flow::prove_after_unlink(&browser, &page, "Google", &pair.email, &pair.email).await;
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(account.url.query(), Some("done=linked"), "{}", account.readable());
    assert_stays(&host, &pair.google, false, "taken apart, and nobody confirmed it").await;
}

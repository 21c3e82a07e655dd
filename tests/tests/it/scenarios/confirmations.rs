//! What was shown is what is executed, or nothing.

use conjoin_tests::{Browser, Host, Page, flow};
use serde_json::{Value, json};

use super::pairs::{Pair, account, bag, fate};

/// Which of the two accounts changes.
#[derive(Clone, Copy, Debug)]
enum Side {
    Own,
    Google,
}

const BOTH: [Side; 2] = [Side::Own, Side::Google];

impl Side {
    fn id(self, pair: &Pair) -> &str {
        match self {
            Self::Own => &pair.own,
            Self::Google => &pair.google,
        }
    }
}

async fn joan(host: &Host, name: &str) -> Pair {
    let own = json!({ "user_metadata": { "theme": "dark" }, "app_metadata": { "plan": "pro" } });
    let google = json!({ "user_metadata": { "font": "serif" }, "app_metadata": { "seen": true } });
    Pair::put(&host.tenant, name, own, google).await
}

/// Looks at the preview, lets an account change, confirms what was shown, and answers the old preview and where that led. Nothing may be written.
async fn confirm_after(host: &Host, browser: &Browser, pair: &Pair, side: Side, changes: Value) -> (Page, Page) {
    let review = pair.review(host, browser).await;
    host.tenant.forget_calls().await;
    host.tenant.change_user(side.id(pair), changes).await;
    let answer = flow::confirm(browser, &review).await;
    let writes = host.tenant.writes().await;
    assert!(writes.is_empty(), "{side:?}: {writes:?}");
    (review, answer)
}

fn hash(review: &Page) -> String {
    review.form("#confirm").value("plan").to_owned()
}

#[tokio::test]
async fn s25_a_change_of_metadata_leads_to_a_new_preview() {
    let host = Host::start().await;
    for (number, (side, field)) in BOTH
        .into_iter()
        .flat_map(|side| [(side, "user_metadata"), (side, "app_metadata")])
        .enumerate()
    {
        let browser = Browser::new();
        let pair = joan(&host, &format!("joan{number}")).await;
        let change = json!({ field: { "new": number } });
        let (old, new) = confirm_after(&host, &browser, &pair, side, change).await;
        let name = format!("{side:?} {field}");
        assert_eq!(new.name(), "link-review", "{name}: {}", new.readable());
        assert_eq!(new.url.path(), old.url.path(), "{name}");
        assert_eq!(new.attributes("#notice", "data-tone"), ["warning"], "{name}");
        assert_ne!(hash(&new), hash(&old), "{name}");
        assert!(["added", "kept"].contains(&fate(&new, &format!("{field}/new")).as_str()));
        let done = flow::confirm(&browser, &new).await;
        assert_eq!(done.url.path(), "/user", "{name}: {}", done.readable());
        assert_eq!(bag(&host.tenant, &pair.own, field).await["new"], number);
    }
}

#[tokio::test]
async fn a05_s25_a_change_of_the_address_leads_to_a_new_preview_or_none() {
    let host = Host::start().await;
    for (number, side) in BOTH.into_iter().enumerate() {
        let pair = joan(&host, &format!("joan{number}")).await;
        // Another spelling of the same address is a change, and still the same person.
        let spelled = json!({ "email": pair.email.to_uppercase() });
        let (_, new) = confirm_after(&host, &Browser::new(), &pair, side, spelled).await;
        assert_eq!(new.name(), "link-review", "{side:?}: {}", new.readable());
        host.tenant
            .change_user(side.id(&pair), json!({ "email": pair.email }))
            .await;
        let moved = json!({ "email": "joan@elsewhere.example" });
        let (_, refused) = confirm_after(&host, &Browser::new(), &pair, side, moved).await;
        assert_eq!(refused.message(), "email-differs", "{side:?}: {}", refused.readable());
    }
}

#[tokio::test]
async fn s25_an_address_that_is_no_longer_verified_ends_the_link() {
    let host = Host::start().await;
    for (number, side) in BOTH.into_iter().enumerate() {
        let pair = joan(&host, &format!("joan{number}")).await;
        let change = json!({ "email_verified": false });
        let (_, refused) = confirm_after(&host, &Browser::new(), &pair, side, change).await;
        assert_eq!(refused.message(), "unverified", "{side:?}: {}", refused.readable());
    }
}

#[tokio::test]
async fn s25_a_blocked_account_ends_the_link() {
    let host = Host::start().await;
    for (number, side) in BOTH.into_iter().enumerate() {
        let pair = joan(&host, &format!("joan{number}")).await;
        let change = json!({ "blocked": true });
        let (_, refused) = confirm_after(&host, &Browser::new(), &pair, side, change).await;
        assert_eq!(refused.message(), "blocked", "{side:?}: {}", refused.readable());
    }
}

#[tokio::test]
async fn s25_a_new_identity_of_the_primary_leads_to_a_new_preview() {
    let host = Host::start().await;
    let browser = Browser::new();
    let pair = joan(&host, "joan").await;
    let review = pair.review(&host, &browser).await;
    host.tenant.link(&pair.own, "github", "1002").await;
    let new = flow::confirm(&browser, &review).await;
    assert_eq!(new.name(), "link-review", "{}", new.readable());
    assert_eq!(
        new.attributes("#primary [data-identity]", "data-identity"),
        [pair.own.as_str(), "github|1002"]
    );
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn s25_a_new_identity_of_the_other_account_makes_it_the_primary_of_a_new_preview() {
    let host = Host::start().await;
    let browser = Browser::new();
    let pair = joan(&host, "joan").await;
    let review = pair.review(&host, &browser).await;
    host.tenant.link(&pair.google, "github", "1002").await;
    let new = flow::confirm(&browser, &review).await;
    assert_eq!(new.name(), "link-review", "{}", new.readable());
    assert_eq!(new.attributes("#survivor", "data-survivor"), ["found"]);
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn s25_a_deleted_account_ends_the_link() {
    let host = Host::start().await;
    let browser = Browser::new();
    let pair = joan(&host, "joan").await;
    let review = pair.review(&host, &browser).await;
    host.tenant.delete_user(&pair.google).await;
    let gone = flow::confirm(&browser, &review).await;
    assert_eq!(gone.name(), "message", "{}", gone.readable());
    assert!((400..500).contains(&gone.status), "{}", gone.status);
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn s25_what_the_sign_in_itself_changes_does_not_count() {
    let host = Host::start().await;
    let browser = Browser::new();
    let pair = joan(&host, "joan").await;
    let review = pair.review(&host, &browser).await;
    for user in [&pair.own, &pair.google] {
        let volatile = json!({ "last_login": "2030-01-01T00:00:00.000Z", "logins_count": 99, "picture": "https://example.com/new.png" });
        host.tenant.change_user(user, volatile).await;
    }
    let done = flow::confirm(&browser, &review).await;
    assert_eq!(done.url.path(), "/user", "{}", done.readable());
}

#[tokio::test]
async fn s25_a_hash_that_was_not_shown_executes_nothing() {
    let host = Host::start().await;
    let browser = Browser::new();
    let pair = joan(&host, "joan").await;
    let review = pair.review(&host, &browser).await;
    for hash in ["", "0", &"0".repeat(64)] {
        let new = browser.submit(&review.form("#confirm").with("plan", hash)).await;
        assert_eq!(new.name(), "link-review", "{hash}: {}", new.readable());
    }
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn s25_an_unlink_whose_account_changed_leads_to_a_new_preview() {
    let host = Host::start().await;
    let browser = Browser::new();
    let pair = joan(&host, "joan").await;
    let page = pair.join(&host, &browser).await;
    let review = browser
        .submit(&page.form(&format!("[data-identity={:?}]", pair.google)))
        .await;
    assert_eq!(review.name(), "unlink-review", "{}", review.readable());
    host.tenant.forget_calls().await;
    let edited = json!({ "user_metadata": { "theme": "dark", "font": "mono" } });
    host.tenant.change_user(&pair.own, edited).await;
    let new = flow::confirm(&browser, &review).await;
    assert_eq!(new.name(), "unlink-review", "{}", new.readable());
    assert_eq!(new.texts("[data-list=stays] li"), ["user_metadata/font"]);
    assert!(host.tenant.writes().await.is_empty());
    let done = flow::confirm(&browser, &new).await;
    assert_eq!(done.url.path(), "/user", "{}", done.readable());
    assert_eq!(
        bag(&host.tenant, &pair.own, "user_metadata").await,
        json!({ "theme": "dark", "font": "mono" })
    );
    assert_eq!(
        bag(&host.tenant, &pair.google, "user_metadata").await,
        json!({ "font": "serif" })
    );
}

#[tokio::test]
async fn a_preview_can_be_looked_at_again_and_cancelled() {
    let host = Host::start().await;
    let browser = Browser::new();
    let pair = joan(&host, "joan").await;
    let review = pair.review(&host, &browser).await;
    let again = browser.get(review.url.clone()).await;
    assert_eq!(hash(&again), hash(&review));
    let cancel = review.attributes("#cancel", "href").concat();
    let page = browser.get(host.at(&cancel)).await;
    assert_eq!(page.texts("#user-id"), [pair.own.as_str()]);
    assert!(host.tenant.writes().await.is_empty());
    // Whoever else opens its address sees nothing.
    let stranger = Browser::new();
    host.tenant
        .put_user(&account("auth0|kay", "kay@example.com", json!({})))
        .await;
    flow::sign_in(&host, &stranger, "kay@example.com").await;
    assert_eq!(stranger.get(review.url.clone()).await.status, 404);
}

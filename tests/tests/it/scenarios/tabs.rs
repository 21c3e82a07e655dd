//! The same thing twice at once.

use conjoin_tests::{Browser, Host, Page, flow};
use serde_json::json;

use super::pairs::{Pair, bag, linked};

async fn joan(host: &Host) -> Pair {
    let own = json!({ "user_metadata": { "list": [1] } });
    Pair::put(&host.tenant, "joan", own, json!({ "user_metadata": { "list": [2] } })).await
}

/// What the person sees in both tabs: in one that came late, when they open their account again. The browser has the session's new name by then.
async fn seen(host: &Host, browser: &Browser, tabs: [Page; 2]) -> [Page; 2] {
    let [first, second] = tabs;
    assert!(
        !(flow::came_late(&first) && flow::came_late(&second)),
        "{}",
        first.readable()
    );
    let account = browser.get(host.at("/user")).await;
    match (flow::came_late(&first), flow::came_late(&second)) {
        (true, _) => [account, second],
        (_, true) => [first, account],
        _ => [first, second],
    }
}

/// The session has a new name after a link. A tab that still shows the old one is refused, and takes nothing from those that show the new one.
#[tokio::test]
async fn s29_a_tab_that_comes_late_signs_nobody_out() {
    let host = Host::start().await;
    let (browser, late) = (Browser::new(), Browser::new());
    let pair = joan(&host).await;
    let review = pair.review(&host, &browser).await;
    late.plant(&host.url, "conjoin", &browser.cookie(&host.url, "conjoin").unwrap());
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(linked(&account), [pair.own.as_str(), pair.google.as_str()]);
    let mut answers = vec![(late.submit_once(&review.form("#confirm")).await, "/user")];
    for path in ["/user", "/", "/login", "/callback?code=1&state=2"] {
        answers.push((late.get_once(host.at(path)).await, path));
    }
    for (answer, again) in answers {
        assert_eq!(
            (answer.status, answer.message().as_str()),
            (409, "another-tab"),
            "{again}"
        );
        assert_eq!(answer.headers["refresh"], format!("1; url={again}"));
        assert!(!answer.headers.contains_key("set-cookie"), "{again}: it can come last");
    }
    assert_eq!(linked(&browser.get(host.at("/user")).await).len(), 2);
}

#[tokio::test]
async fn s29_one_preview_confirmed_in_two_tabs_at_once_is_one_link() {
    let host = Host::start().await;
    let browser = Browser::new();
    let pair = joan(&host).await;
    let review = pair.review(&host, &browser).await;
    let (first, second) = tokio::join!(flow::confirm(&browser, &review), flow::confirm(&browser, &review));
    for page in seen(&host, &browser, [first, second]).await {
        assert_eq!(page.url.path(), "/user", "{}", page.readable());
        assert_eq!(linked(&page), [pair.own.as_str(), pair.google.as_str()]);
    }
    assert_eq!(host.tenant.bodies("PATCH").await.len(), 1);
    assert_eq!(host.tenant.bodies("POST").await.len(), 1);
    assert_eq!(
        bag(&host.tenant, &pair.own, "user_metadata").await,
        json!({ "list": [1, 2] })
    );
}

#[tokio::test]
async fn s29_two_previews_of_one_pair_confirmed_at_once_are_one_link() {
    let host = Host::start().await;
    let browser = Browser::new();
    let pair = joan(&host).await;
    let first = pair.review(&host, &browser).await;
    let account = browser.get(host.at("/user")).await;
    let second = flow::prove(&browser, &account, "Google", &pair.email).await;
    assert_ne!(first.url, second.url);
    let pages = tokio::join!(flow::confirm(&browser, &first), flow::confirm(&browser, &second));
    let mut ends = [pages.0, pages.1].map(|page| match page.message().as_str() {
        "" => page.url.path().to_owned(),
        message => message.to_owned(),
    });
    ends.sort();
    // Who comes late is not told what they came too late for.
    assert!(
        ends == ["/user", "already-linked"] || ends == ["/user", "another-tab"],
        "{ends:?}"
    );
    assert_eq!(host.tenant.bodies("PATCH").await.len(), 1);
    assert_eq!(host.tenant.bodies("POST").await.len(), 1);
    assert_eq!(
        bag(&host.tenant, &pair.own, "user_metadata").await,
        json!({ "list": [1, 2] })
    );
}

#[tokio::test]
async fn s30_two_accounts_that_join_each_other_at_once_become_one() {
    let host = Host::start().await;
    let (here, there) = (Browser::new(), Browser::new());
    let pair = joan(&host).await;
    let one = pair.review(&host, &here).await;
    let account = flow::sign_in_through(&host, &there, "google-oauth2", &pair.email).await;
    let other = flow::prove(&there, &account, "e-mail and password", &pair.email).await;
    assert_eq!(other.name(), "link-review", "{}", other.readable());
    tokio::join!(flow::confirm(&here, &one), flow::confirm(&there, &other));
    let posts = host.tenant.bodies("POST").await;
    assert_eq!(posts.len(), 1, "{posts:?}");
    let holdings = host.tenant.holdings().await;
    let survivors: Vec<&String> = [&pair.own, &pair.google]
        .into_iter()
        .filter(|id| holdings.contains_key(*id))
        .collect();
    assert_eq!(survivors.len(), 1);
    let survivor = host.tenant.user(survivors[0]).await.unwrap();
    assert_eq!(
        survivor["identities"].as_array().unwrap().len(),
        2,
        "no identity is lost"
    );
    let list = if *survivors[0] == pair.own {
        json!([1, 2])
    } else {
        json!([2, 1])
    };
    assert_eq!(survivor["user_metadata"]["list"], list);
}

#[tokio::test]
async fn s30_two_primaries_that_want_one_account_do_not_both_get_it() {
    let host = Host::start().await;
    let (here, there) = (Browser::new(), Browser::new());
    let github = "github|1002";
    // Ada's password account and her Google account both want the GitHub account.
    let account = flow::sign_in(&host, &here, "ada@example.com").await;
    let one = flow::prove(&here, &account, "GitHub", "Ada@Example.com").await;
    let account = flow::sign_in_through(&host, &there, "google-oauth2", "ada@example.com").await;
    let other = flow::prove(&there, &account, "GitHub", "Ada@Example.com").await;
    let before = host.tenant.holdings().await;
    tokio::join!(flow::confirm(&here, &one), flow::confirm(&there, &other));
    assert_eq!(host.tenant.bodies("POST").await.len(), 1);
    let after = host.tenant.holdings().await;
    assert!(!after.contains_key(github));
    let unchanged: Vec<&str> = ["auth0|ada", "google-oauth2|1001"]
        .into_iter()
        .filter(|id| after[*id] == before[*id])
        .collect();
    assert_eq!(unchanged.len(), 1, "the loser is as before");
}

#[tokio::test]
async fn one_unlink_confirmed_in_two_tabs_at_once_is_one_unlink() {
    let host = Host::start().await;
    let browser = Browser::new();
    let pair = joan(&host).await;
    let account = pair.join(&host, &browser).await;
    let review = browser
        .submit(&account.form(&format!("[data-identity={:?}]", pair.google)))
        .await;
    host.tenant.forget_calls().await;
    let (first, second) = tokio::join!(flow::confirm(&browser, &review), flow::confirm(&browser, &review));
    for page in seen(&host, &browser, [first, second]).await {
        assert_eq!(linked(&page), [pair.own.as_str()], "{}", page.readable());
    }
    let calls = host.tenant.writes().await;
    let separations = calls
        .iter()
        .filter(|call| call.starts_with("DELETE") && call.contains("/identities/"));
    assert_eq!(separations.count(), 1, "{calls:?}");
    assert_eq!(
        bag(&host.tenant, &pair.own, "user_metadata").await,
        json!({ "list": [1] })
    );
    assert_eq!(
        bag(&host.tenant, &pair.google, "user_metadata").await,
        json!({ "list": [2] })
    );
}

//! Where the host sends browsers: only to its own pages and to its tenant.

use conjoin_tests::{Browser, Host, flow};

use super::{authorize_url, callback_url, parameter};

const EVIL: &str = "https://evil.example/";

/// Every name under which applications are known to take an address to go on to.
fn lures() -> Vec<(&'static str, &'static str)> {
    [
        "returnTo",
        "return_to",
        "redirect_uri",
        "redirect",
        "next",
        "url",
        "continue",
        "post_logout_redirect_uri",
        "target",
        "iss",
        "done",
        "changed",
    ]
    .map(|name| (name, EVIL))
    .to_vec()
}

#[tokio::test]
async fn a26_no_parameter_moves_a_redirect() {
    let host = Host::start().await;
    let browser = Browser::new();
    let lured = |path: &str| {
        let mut url = host.at(path);
        url.query_pairs_mut().extend_pairs(lures());
        url
    };
    let authorize = browser.get_once(lured("/login")).await.location().unwrap();
    assert_eq!(authorize.origin(), host.tenant.url.origin());
    assert_eq!(parameter(&authorize, "redirect_uri"), host.at("/callback").as_str());
    assert!(!authorize.as_str().contains("evil"), "{authorize}");

    let mut callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
    callback
        .query_pairs_mut()
        .extend_pairs(lures().iter().filter(|(name, _)| *name != "iss"));
    let page = browser.get_once(callback).await;
    assert_eq!(page.location(), Some(host.at("/user")));
    for path in ["/", "/user", "/logout", "/link/review/0"] {
        let page = browser.get_once(lured(path)).await;
        assert!(page.location().is_none_or(|to| to == host.at("/user")), "{path}");
        assert!(!page.text.contains("evil.example"), "{path}");
    }

    let account = browser.get(host.at("/user")).await;
    let mut form = account.form("[data-offer=Google]");
    form.action.query_pairs_mut().extend_pairs(lures());
    form.fields.extend(
        lures()
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let authorize = browser.submit_once(&form).await.location().unwrap();
    assert_eq!(
        parameter(&authorize, "redirect_uri"),
        host.at("/link/callback").as_str()
    );
    let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
    let review = browser.get(callback).await;
    let mut form = review.form("#confirm");
    form.fields.extend(
        lures()
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    assert_eq!(
        browser.submit_once(&form).await.location(),
        Some(host.at("/user?done=linked"))
    );

    let mut form = browser.get(host.at("/logout")).await.form("#confirm");
    form.fields.extend(
        lures()
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let ended = browser.submit_once(&form).await.location().unwrap();
    assert_eq!(ended.origin(), host.tenant.url.origin());
    assert!(!ended.as_str().contains("evil"), "{ended}");
}

#[tokio::test]
async fn a26_a_link_id_in_the_path_or_form_moves_no_redirect() {
    let host = Host::start().await;
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "ada@example.com").await;
    let authorize = authorize_url(&browser, &account, "Google").await;
    let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
    let review = browser.get(callback).await;
    for id in [
        "//evil.example",
        "/../../evil",
        "\r\nlocation: https://evil.example",
        "https://evil.example",
        "..",
        "",
    ] {
        let page = browser.submit_once(&review.form("#confirm").with("id", id)).await;
        assert_eq!((page.status, page.location()), (404, None), "{id:?}");
    }
}

#[tokio::test]
async fn a26_a_forged_host_header_moves_no_redirect() {
    let host = Host::start().await;
    let browser = Browser::new();
    let headers = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "host=evil.example"),
    ];
    let page = browser.request("GET", host.at("/login"), &headers, Vec::new()).await;
    let authorize = page.location().unwrap();
    assert_eq!(authorize.origin(), host.tenant.url.origin());
    assert_eq!(parameter(&authorize, "redirect_uri"), host.at("/callback").as_str());
}

//! Writes that another site begins.

use conjoin_tests::{Browser, Form, Host, flow};
use serde_json::json;

use super::{ada, ada_at_review, signed_in_as};

/// A form for each address that changes something, as the pages of a signed-in Ada give it.
async fn forms(host: &Host) -> (Browser, Vec<Form>) {
    let (browser, review) = ada_at_review(host).await;
    let account = browser.get(host.at("/user")).await;
    let log_out = browser.get(host.at("/logout")).await;
    let link = account.form("[data-offer=GitHub]");
    let unlink = Form {
        action: host.at("/unlink"),
        ..link.clone()
    };
    let unlink = unlink.with("provider", "auth0").with("user_id", "ada");
    let forms = vec![link, review.form("#confirm"), unlink, log_out.form("#confirm")];
    (browser, forms)
}

fn without_token(form: &Form) -> Form {
    let mut form = form.clone();
    form.fields.retain(|(name, _)| name != "csrf_token");
    form
}

#[tokio::test]
async fn a10_a_post_without_the_sessions_token_does_nothing() {
    let host = Host::start().await;
    let (browser, forms) = forms(&host).await;
    let other = Browser::new();
    flow::sign_in(&host, &other, "grace@example.com").await;
    let others_form = other.get(host.at("/logout")).await.form("#confirm");
    let before = host.tenant.holdings().await;
    for form in &forms {
        let token = form.value("csrf_token").to_owned();
        assert!(token.len() >= 22, "at least 128 bits: {token}");
        let mut changed = token.clone().into_bytes();
        changed[0] ^= 1;
        let forgeries = [
            without_token(form),
            form.clone().with("csrf_token", ""),
            form.clone().with("csrf_token", "wrong"),
            form.clone().with("csrf_token", &String::from_utf8(changed).unwrap()),
            form.clone().with("csrf_token", &token[..token.len() - 1]),
            form.clone().with("csrf_token", &format!("{token}x")),
            form.clone().with("csrf_token", others_form.value("csrf_token")),
        ];
        for forgery in forgeries {
            let page = browser.submit_once(&forgery).await;
            let what = format!("{} {:?}", form.action.path(), forgery.fields);
            assert!([400, 403].contains(&page.status), "{what}: {}", page.status);
            assert!(
                ["forged-form", "bad-request"].contains(&page.message().as_str()),
                "{what}: {}",
                page.message()
            );
        }
    }
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
    assert_eq!(host.tenant.holdings().await, before);
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a10_a_post_from_another_site_does_nothing_even_with_the_token() {
    let host = Host::start().await;
    let (browser, forms) = forms(&host).await;
    let before = host.tenant.holdings().await;
    let own = host.url.origin().ascii_serialization();
    let with_slash = format!("{own}/");
    let tenant = host.tenant.url.origin().ascii_serialization();
    let lookalike = format!("{own}.evil.example");
    let foreign: Vec<Vec<(&str, &str)>> = vec![
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("origin", "")],
        vec![("origin", &tenant)],
        vec![("origin", &lookalike)],
        vec![("origin", &with_slash)],
        vec![("origin", "https://localhost")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", &own), ("sec-fetch-site", "cross-site")],
        vec![("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        vec![("origin", &own), ("origin", "https://evil.example")],
    ];
    for form in &forms {
        for headers in &foreign {
            let page = browser.submit_with(form, headers).await;
            let what = format!("{} {headers:?}", form.action.path());
            assert_eq!((page.status, page.message().as_str()), (403, "forged-form"), "{what}");
        }
    }
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
    assert_eq!(host.tenant.holdings().await, before);
    assert!(host.tenant.writes().await.is_empty());
    let page = browser
        .submit_with(&forms[1], &[("origin", &own), ("sec-fetch-site", "same-origin")])
        .await;
    assert_eq!(
        page.location(),
        Some(host.at("/user?done=linked")),
        "the same form from our own page works"
    );
}

#[tokio::test]
async fn a10_a_post_without_the_cookie_does_nothing() {
    let host = Host::start().await;
    let (_, forms) = forms(&host).await;
    let stranger = Browser::new();
    for form in &forms {
        let page = stranger.submit_once(form).await;
        assert_eq!(
            (page.status, page.message().as_str()),
            (403, "signed-out"),
            "{}",
            form.action.path()
        );
    }
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a10_no_other_method_or_body_does_what_a_form_does() {
    let host = Host::start().await;
    let (browser, forms) = forms(&host).await;
    let own = host.url.origin().ascii_serialization();
    let before = host.tenant.holdings().await;
    host.tenant.forget_calls().await;
    for form in &forms {
        let mut with_query = form.action.clone();
        with_query
            .query_pairs_mut()
            .extend_pairs(&form.fields)
            .append_pair("_method", "POST");
        for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let headers = [("origin", own.as_str()), ("x-http-method-override", "POST")];
            let page = browser.request(method, with_query.clone(), &headers, Vec::new()).await;
            let shows_button = form.action.path() == "/logout" && ["GET", "HEAD"].contains(&method);
            assert_eq!(
                page.status,
                if shows_button { 200 } else { 404 },
                "{method} {}",
                form.action.path()
            );
        }
        // What a page of another site can send without asking first, and what it cannot.
        let fields: serde_json::Map<String, serde_json::Value> = form
            .fields
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let encoded = with_query.query().unwrap().to_owned();
        let bodies = [
            ("application/json", serde_json::to_string(&fields).unwrap()),
            ("text/plain", encoded.clone()),
            ("multipart/form-data; boundary=x", encoded.clone()),
            ("application/x-www-form-urlencoded", String::new()),
            ("application/x-www-form-urlencoded", format!("{encoded}&{encoded}")),
            ("application/x-www-form-urlencoded", "%ff=%ff&=&&&".to_owned()),
        ];
        for (content_type, body) in bodies {
            let headers = [("origin", own.as_str()), ("content-type", content_type)];
            let page = browser
                .request("POST", form.action.clone(), &headers, body.into_bytes())
                .await;
            assert!(
                (400..500).contains(&page.status),
                "{} {content_type}: {}",
                form.action.path(),
                page.status
            );
        }
    }
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
    assert_eq!(host.tenant.holdings().await, before);
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a10_opening_pages_changes_nothing() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let before = host.tenant.holdings().await;
    let review = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    for path in [
        "/",
        "/user",
        "/user?done=linked",
        "/logout",
        review.url.path(),
        "/link/callback",
        "/callback",
    ] {
        browser.get_once(host.at(path)).await;
    }
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
    assert_eq!(host.tenant.holdings().await, before);
    assert!(host.tenant.writes().await.is_empty());
}

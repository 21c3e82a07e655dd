//! What every answer of the host has in common, and what it does with requests that no browser of a person sends.

use conjoin_tests::{Browser, Host, Page, flow};

use super::{ada, ada_at_review};

/// The security headers, exactly. Forms may end at the tenant, and where it sends people on to, where an answer is of one.
fn assert_headers(host: &Host, page: &Page, cache: &str, what: &str) {
    let of_no_tenant = ["/healthz", "/readyz", "a refused body"].contains(&what);
    let issuer = host.tenant.url.origin().ascii_serialization();
    let forms = if of_no_tenant {
        "'self'".to_owned()
    } else {
        format!("'self' {issuer} https:")
    };
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
    );
    let expected = [
        ("content-security-policy", policy.as_str()),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cache-control", cache),
    ];
    for (name, value) in expected {
        let found: Vec<&str> = page
            .headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect();
        assert_eq!(found, [value], "{what}: {name}");
    }
    for name in ["server", "x-powered-by", "access-control-allow-origin"] {
        assert!(page.headers.get(name).is_none(), "{what}: {name}");
    }
}

#[tokio::test]
async fn a27_every_answer_carries_the_security_headers() {
    let host = Host::start().await;
    let (browser, review) = ada_at_review(&host).await;
    let nobody = Browser::new();
    for path in [
        "/",
        "/user",
        "/login",
        "/callback",
        "/link/callback",
        "/logout",
        "/nowhere",
        review.url.path(),
        "/healthz",
        "/readyz",
        "/link/review/x",
    ] {
        for who in [&browser, &nobody] {
            let page = who.get_once(host.at(path)).await;
            assert_headers(&host, &page, "no-store", path);
            assert!(
                page.texts("script, style, [style], [onclick], [onload], [onerror], iframe, object")
                    .is_empty(),
                "{path}"
            );
        }
    }
    let style = nobody.get_once(host.at("/assets/style.css")).await;
    assert_headers(&host, &style, "public, max-age=3600", "the stylesheet");
    assert!(!style.text.contains("http"), "nothing from elsewhere");
    let refused = browser
        .submit_from(&review.form("#confirm"), "https://evil.example")
        .await;
    assert_headers(&host, &refused, "no-store", "a refused form");
    let large = Browser::new()
        .request("POST", host.at("/link"), &[], vec![b'x'; 100_000])
        .await;
    assert_headers(&host, &large, "no-store", "a refused body");
    let linked = browser.submit_once(&review.form("#confirm")).await;
    assert_headers(&host, &linked, "no-store", "a redirect");
}

#[tokio::test]
async fn a14_the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let host = Host::start().await;
    let browser = Browser::new();
    let form = browser.get_once(host.at("/login")).await;
    let cookie = form.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("conjoin="), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(
            cookie.split("; ").any(|found| found == attribute),
            "{attribute}: {cookie}"
        );
    }
    assert!(!cookie.contains("Domain"), "for this host alone: {cookie}");
    let value = browser.cookie(&host.url, super::COOKIE).unwrap();
    assert!(value.len() >= 22, "128 bits: {value}");
    assert!(
        Browser::new()
            .get_once(host.at("/"))
            .await
            .headers
            .get("set-cookie")
            .is_none(),
        "who only looks gets none"
    );
}

#[tokio::test]
async fn requests_beyond_measure_are_refused_and_the_host_goes_on() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let form = account.form("[data-offer=Google]");
    let own = host.url.origin().ascii_serialization();
    let body = format!(
        "csrf_token={}&candidate={}",
        form.value("csrf_token"),
        "x".repeat(65_536)
    );
    let headers = [
        ("origin", own.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let page = browser
        .request("POST", host.at("/link"), &headers, body.into_bytes())
        .await;
    assert_eq!(page.status, 413, "a body of more than 64 KB");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for size in [1_000_000, 20_000_000] {
        // Answered before it is read: whoever goes on sending may find the connection closed instead.
        let answer = client.post(host.at("/link")).body(vec![b'x'; size]).send().await;
        assert!(
            answer.is_err() || answer.is_ok_and(|answer| answer.status() == 413),
            "a body of {size} bytes"
        );
    }
    let many_fields = form
        .fields
        .iter()
        .cloned()
        .chain((0..4000).map(|n| (format!("f{n}"), "x".to_owned())));
    let many_fields = conjoin_tests::Form {
        fields: many_fields.collect(),
        ..form.clone()
    };
    assert!(browser.submit_once(&many_fields).await.status < 500, "many fields");
    for length in [9_000, 60_000] {
        let page = browser
            .get_once(host.at(&format!("/callback?state={}", "x".repeat(length))))
            .await;
        assert!(
            (400..500).contains(&page.status),
            "a query of {length} bytes: {}",
            page.status
        );
        let page = browser.get_once(host.at(&format!("/{}", "x".repeat(length)))).await;
        assert!(
            (400..500).contains(&page.status),
            "a path of {length} bytes: {}",
            page.status
        );
    }
    let large = "x".repeat(20_000);
    for name in ["cookie", "accept-language", "origin", "x-any"] {
        let page = browser
            .request("GET", host.at("/user"), &[(name, &large)], Vec::new())
            .await;
        assert!(page.status < 500, "{name} of 20 KB: {}", page.status);
    }
    let names: Vec<String> = (0..200).map(|n| format!("x-{n}")).collect();
    let headers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    let page = browser.request("GET", host.at("/user"), &headers, Vec::new()).await;
    assert!((400..500).contains(&page.status), "200 headers: {}", page.status);
    assert_eq!(
        super::signed_in_as(&host, &browser).await.as_deref(),
        Some("auth0|ada"),
        "the host goes on"
    );
}

#[tokio::test]
async fn addresses_and_methods_that_are_none_are_not_found() {
    let host = Host::start().await;
    let (browser, _) = ada(&host).await;
    let paths = [
        "/nowhere",
        "/user/",
        "//user",
        "/user/..",
        "/USER",
        "/link/review/",
        "/link/review",
        "/assets/",
        "/assets/..%2f..%2fCargo.toml",
        "/.env",
        "/_dev/users",
        "/api/v2/users",
        "/administrator",
        "/%00",
        "/%ff",
        "/user%2f",
    ];
    for path in paths {
        let page = browser
            .get_once(
                host.url
                    .join(&format!("http://localhost:{}{path}", host.url.port().unwrap()))
                    .unwrap(),
            )
            .await;
        if page.url.path() != "/" {
            assert_eq!((page.status, page.message().as_str()), (404, "not-found"), "{path}");
        }
    }
    for (method, path) in [
        ("POST", "/"),
        ("POST", "/user"),
        ("POST", "/login"),
        ("POST", "/callback"),
        ("DELETE", "/user"),
        ("PUT", "/link"),
        ("PATCH", "/unlink"),
        ("TRACE", "/"),
        ("PROPFIND", "/"),
        ("QUERY", "/user"),
        ("OPTIONS", "/link"),
        ("GET", "/link"),
        ("GET", "/link/confirm"),
        ("GET", "/unlink"),
    ] {
        let page = browser.request(method, host.at(path), &[], Vec::new()).await;
        assert_eq!(page.status, 404, "{method} {path}");
        assert!(page.headers.get("set-cookie").is_none(), "{method} {path}");
    }
}

#[tokio::test]
async fn words_of_the_browser_are_never_html() {
    let host = Host::start().await;
    let evil = "\"><script>alert(1)</script>";
    host.tenant
        .change_user(
            "auth0|ada",
            serde_json::json!({ "name": evil, "user_metadata": { evil: evil }, "app_metadata": { "roles": [evil], "</pre>": "<img src=x onerror=alert(1)>" } }),
        )
        .await;
    host.tenant
        .change_user(
            "google-oauth2|1001",
            serde_json::json!({ "name": evil, "user_metadata": { format!("{evil}2"): { evil: [evil] } } }),
        )
        .await;
    let (browser, account) = ada(&host).await;
    let review = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    let linked = flow::confirm(&browser, &review).await;
    assert_eq!(linked.url.query(), Some("done=linked"), "{}", linked.readable());
    let unlink = browser
        .submit(&linked.form("[data-identity='google-oauth2|1001']"))
        .await;
    let mut lured = host.at("/callback");
    lured
        .query_pairs_mut()
        .append_pair("error", evil)
        .append_pair("error_description", evil)
        .append_pair("state", evil);
    let error = browser.get_once(lured).await;
    for page in [&account, &review, &linked, &unlink, &error] {
        assert!(
            !page.text.contains("<script") && !page.text.contains("<img"),
            "{}:\n{}",
            page.url,
            page.text
        );
        assert!(page.texts("script, img, iframe").is_empty());
    }
    assert!(account.readable().contains("alert(1)"), "it is shown as what it is");
}

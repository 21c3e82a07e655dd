//! In real Chromium: cookies across sites, redirects after forms, content security, and what a person sees.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::sync::Arc;

use axum::http::Uri;
use axum::response::{Html, Redirect};
use axum::routing::get;
use conjoin_tests::action::App;
use conjoin_tests::chromium::{DESKTOP, PHONE};
use conjoin_tests::{Chromium, Host, TlsFront};
use url::Url;

/// Where the tenant is another site to the browser than the host, as Auth0 is.
const ANOTHER_SITE: &str = "127.0.0.1";

/// The session's cookie is `SameSite=Strict`, and the tenant's answer comes from another site.
#[tokio::test]
async fn somebody_of_the_team_signs_in_with_the_tenant_and_is_led_on() {
    let host = Host::across_sites(ANOTHER_SITE).await;
    let chromium = Chromium::start(DESKTOP).await;
    chromium.open(host.at("/admin")).await;
    chromium.picture("admin-1-sign-in").await;
    chromium.click("#auth0").await;
    chromium.enter("grace@example.com").await;
    chromium.find("body[data-page=admin]").await;
    assert_eq!(chromium.url().await, host.at("/admin"));
    assert_eq!(chromium.text("#signed-in").await, "auth0|grace at dev");
    chromium.click("#sign-out [type=submit]").await;
    chromium.find("body[data-page=admin-sign-in]").await;
    chromium.close().await;
}

/// Signs in as Ada and links Google, which is at this origin; ends at the account page.
async fn link_google(host: &Host, google: &Url, chromium: &Chromium, pictures: &str) {
    chromium.open(host.at("/")).await;
    chromium.picture(&format!("{pictures}-1-home")).await;
    chromium.click("#sign-in").await;
    chromium.picture(&format!("{pictures}-2-tenant")).await;
    chromium.enter("ada@example.com").await;
    chromium.find("body[data-page=account]").await;
    assert_eq!(chromium.url().await, host.at("/user"));
    chromium.picture(&format!("{pictures}-3-account")).await;
    assert_eq!(
        chromium.attributes("[data-offer]", "data-offer").await,
        ["GitHub", "Google"]
    );

    chromium.click("[data-offer=Google] [type=submit]").await;
    chromium.find("input[name=password]").await;
    assert_eq!(
        chromium.url().await.origin(),
        google.origin(),
        "Google's own sign-in is asked for"
    );
    chromium.picture(&format!("{pictures}-4-google")).await;
    chromium.enter("ada@example.com").await;
    chromium.find("body[data-page=link-review]").await;
    chromium.picture(&format!("{pictures}-5-review")).await;
    let roles = chromium
        .text("[data-row='app_metadata/roles'] [data-cell=result]")
        .await;
    assert!(roles.contains("Admin") && roles.contains("AppAdmin"), "{roles}");

    chromium.click("#confirm [type=submit]").await;
    chromium.find("#notice").await;
    let linked = chromium.attributes("#linked [data-identity]", "data-identity").await;
    assert_eq!(linked, ["auth0|ada", "google-oauth2|1001"]);
    chromium.picture(&format!("{pictures}-6-linked")).await;
}

/// Unlinks Google from the account page.
async fn unlink_google(chromium: &Chromium, pictures: &str) {
    chromium
        .click("[data-identity='google-oauth2|1001'] [type=submit]")
        .await;
    chromium.find("body[data-page=unlink-review]").await;
    chromium.picture(&format!("{pictures}-7-unlink")).await;
    chromium.click("#confirm [type=submit]").await;
    chromium.find("body[data-page=account]").await;
    assert_eq!(
        chromium.attributes("#linked [data-identity]", "data-identity").await,
        ["auth0|ada"]
    );
}

#[tokio::test]
async fn s07_s31_ada_links_and_unlinks_at_a_desk() {
    let host = Host::start().await;
    let chromium = Chromium::start(DESKTOP).await;
    let before = host.tenant.user("google-oauth2|1001").await.unwrap();
    link_google(&host, &host.tenant.url, &chromium, "desk").await;
    unlink_google(&chromium, "desk").await;
    let after = host.tenant.user("google-oauth2|1001").await.unwrap();
    assert_eq!(after["user_metadata"], before["user_metadata"]);
    assert_eq!(after["app_metadata"], before["app_metadata"]);
    chromium.close().await;
}

#[tokio::test]
async fn s07_the_tenant_may_be_another_site() {
    let host = Host::across_sites(ANOTHER_SITE).await;
    assert_eq!(host.tenant.url.host_str(), Some(ANOTHER_SITE));
    let chromium = Chromium::start(PHONE).await;
    link_google(&host, &host.tenant.url, &chromium, "phone").await;
    unlink_google(&chromium, "phone").await;
    chromium.click("#log-out").await;
    chromium.click("main [type=submit]").await;
    chromium.find("#sign-in").await;
    assert_eq!(chromium.url().await, host.at("/"), "back from the tenant's own logout");
    chromium.open(host.at("/user")).await;
    assert_eq!(
        chromium.url().await.port(),
        host.tenant.url.port(),
        "the tenant asks again"
    );
    chromium.close().await;
}

/// To the browser the provider is another site than the tenant, as Google is, and so the last of the redirects after the form that asks for the link leaves both. It
/// speaks TLS, as the policy for forms asks of whatever is not the tenant.
#[tokio::test]
async fn s07_the_provider_is_another_site() {
    let tenant = conjoin_tests::free_port();
    let google = TlsFront::before(tenant, "google.localhost").await;
    let data = tempfile::tempdir().unwrap();
    let config = data.path().join("tenant.toml");
    std::fs::write(&config, format!("providers_origin = \"{}\"\n", google.url)).unwrap();
    let (listen, config) = (format!("127.0.0.1:{tenant}"), config.to_str().unwrap().to_owned());
    let host = Host::on(data, &["--tenant-listen", &listen, "--tenant-config", &config]).await;
    let chromium = Chromium::start(DESKTOP).await;
    link_google(&host, &google.url, &chromium, "provider-elsewhere").await;
    unlink_google(&chromium, "provider-elsewhere").await;
    chromium.close().await;
}

#[tokio::test]
async fn s08_the_wrong_account_leaves_everything_as_it_was() {
    let host = Host::start().await;
    let chromium = Chromium::start(PHONE).await;
    chromium.open(host.at("/login")).await;
    chromium.enter("ada@example.com").await;
    chromium.find("body[data-page=account]").await;
    chromium.click("[data-offer=Google] [type=submit]").await;
    chromium.find("input[name=password]").await;
    chromium.enter("linus@example.com").await;
    chromium.find("main[data-message=wrong-account]").await;
    chromium.picture("wrong-account").await;
    assert!(host.tenant.writes().await.is_empty());
    chromium.open(host.at("/user")).await;
    assert_eq!(chromium.text("#user-id").await, "auth0|ada", "still the first");
    chromium.close().await;
}

#[tokio::test]
async fn s02_an_unverified_address_is_told_why_nothing_is_offered() {
    let host = Host::start().await;
    let chromium = Chromium::start(DESKTOP).await;
    chromium.open(host.at("/login")).await;
    chromium.enter("eve@example.com").await;
    chromium.find("body[data-page=account]").await;
    assert_eq!(chromium.attributes("#offers", "data-offers").await, ["unverified"]);
    chromium.picture("unverified").await;
    chromium.close().await;
}

#[tokio::test]
async fn a27_no_page_can_be_framed_and_no_script_runs() {
    let host = Host::start().await;
    let chromium = Chromium::start(DESKTOP).await;
    chromium.open(host.at("/")).await;
    let inline = "document.body.appendChild(Object.assign(document.createElement('script'), {textContent: 'window.ran = true'}));";
    chromium.driver.execute(inline, Vec::new()).await.unwrap();
    let ran = chromium
        .driver
        .execute("return window.ran === true", Vec::new())
        .await
        .unwrap();
    assert_eq!(
        ran.json(),
        &serde_json::json!(false),
        "the content security policy stops it"
    );
    chromium.close().await;
}

/// Some application: its start page leads to the tenant, and its callback shows who signed in.
async fn application(host: &Host) -> App {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    let app = Arc::new(App::at(host, Url::parse(&origin).unwrap()));
    let (start, back) = (app.clone(), app.clone());
    let router = axum::Router::new()
        .route(
            "/",
            get(move || {
                let authorize = start.authorize(&[("connection", "google-oauth2")]);
                async move { Redirect::to(authorize.as_str()) }
            }),
        )
        .route(
            "/callback",
            get(move |uri: Uri| {
                let back = back.clone();
                async move {
                    let callback = back.origin.join(&uri.to_string()).unwrap();
                    let who = back.redeem(&callback).await;
                    Html(format!("<main id=\"who\">{who:?}</main>"))
                }
            }),
        );
    tokio::spawn(async move { axum::serve(listener, router).await });
    App::at(host, app.origin.clone())
}

#[tokio::test]
async fn s07_a_person_signs_in_to_an_application_links_on_the_way_and_arrives_as_the_primary() {
    let host = conjoin_tests::action::start(&[]).await;
    link_on_the_way(&host, "action").await;
}

#[tokio::test]
async fn s07_the_way_back_crosses_sites() {
    let port = conjoin_tests::free_port();
    let (listen, issuer) = (format!("127.0.0.1:{port}"), format!("http://{ANOTHER_SITE}:{port}/"));
    let host = conjoin_tests::action::start(&["--tenant-listen", &listen, "--tenant-issuer", &issuer]).await;
    assert_eq!(host.tenant.url.host_str(), Some(ANOTHER_SITE));
    link_on_the_way(&host, "action-across").await;
}

/// Signs in to an application with Google, and arrives there as the account that there always was.
async fn link_on_the_way(host: &Host, pictures: &str) {
    let app = application(host).await;
    let chromium = Chromium::start(DESKTOP).await;
    chromium.open(app.origin.clone()).await;
    chromium.enter("ada@example.com").await;
    chromium.find("body[data-page=action-visit]").await;
    chromium.picture(&format!("{pictures}-1-visit")).await;
    chromium.click("[data-offer='e-mail and password'] [type=submit]").await;
    chromium.enter("ada@example.com").await;
    chromium.find("body[data-page=link-review]").await;
    chromium.picture(&format!("{pictures}-2-review")).await;
    assert_eq!(
        chromium.attributes("#survivor", "data-survivor").await,
        ["found"],
        "the older account survives"
    );
    chromium.click("#confirm [type=submit]").await;
    chromium.find("body[data-page=action-return]").await;
    chromium.picture(&format!("{pictures}-3-return")).await;
    assert!(host.tenant.writes().await.is_empty());
    chromium.click("#continue [type=submit]").await;
    assert_eq!(chromium.text("#who").await, "Ok(\"auth0|ada\")");
    assert_eq!(chromium.url().await.port(), app.origin.port());
    assert_eq!(host.tenant.user("google-oauth2|1001").await, None);
    chromium.close().await;
}

#[tokio::test]
async fn somebody_of_the_team_uploads_and_activates_on_the_admin_pages() {
    let host = Host::start().await;
    let chromium = Chromium::start(DESKTOP).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.wasm");
    std::fs::write(&file, conjoin_policies::LODASH.component).unwrap();
    let type_into = async |selector: &str, text: &str| chromium.find(selector).await.send_keys(text).await.unwrap();

    chromium.open(host.at("/admin")).await;
    chromium.picture("admin-1-sign-in").await;
    type_into("#token", conjoin_tests::DEV_TOKEN).await;
    chromium.click("#sign-in [type=submit]").await;
    chromium.find("body[data-page=admin]").await;
    chromium.picture("admin-2-overview").await;
    type_into("#component", file.to_str().unwrap()).await;
    chromium.click("#upload [type=submit]").await;
    // It loads itself again, without a script, until it is checked.
    chromium.find("#version[data-state=checked]").await;
    chromium.picture("admin-3-version").await;
    chromium.click("#activate [type=submit]").await;
    chromium.find("#active[data-number='1']").await;
    assert_eq!(chromium.attributes("[data-version]", "data-state").await, ["active"]);
    chromium.picture("admin-4-active").await;

    chromium.open(host.at("/admin/bench")).await;
    chromium.click("#bench [type=submit]").await;
    chromium.find("[data-tried] [data-part=result]").await;
    chromium.picture("admin-5-bench").await;
    chromium.open(host.at("/admin/duplicates")).await;
    chromium.click("#begin [type=submit]").await;
    // It loads itself again too.
    chromium.find("#report[data-state=made]").await;
    chromium.picture("admin-6-duplicates").await;
    chromium.click("#sign-out [type=submit]").await;
    chromium.find("body[data-page=admin-sign-in]").await;
    chromium.close().await;
}

//! One person's link in another person's hands.

use conjoin_tests::{Browser, Host, flow};

use super::{ada, ada_at_review, signed_in_as};

#[tokio::test]
async fn a24_a_link_of_another_session_is_like_none() {
    let host = Host::start().await;
    let (owner, review) = ada_at_review(&host).await;
    let stranger = Browser::new();
    flow::sign_in(&host, &stranger, "grace@example.com").await;
    let (same_person, _) = ada(&host).await;
    let mut unknown_url = review.url.clone();
    unknown_url.set_path("/link/review/0123456789abcdef0123456789abcdef");
    for (browser, who) in [(&stranger, "auth0|grace"), (&same_person, "auth0|ada")] {
        let of_another = browser.get_once(review.url.clone()).await;
        let unknown = browser.get_once(unknown_url.clone()).await;
        assert_eq!(
            (of_another.status, of_another.message().as_str()),
            (404, "not-found"),
            "{who}"
        );
        assert_eq!(of_another.text, unknown.text, "{who}: they cannot be told apart");

        let token = browser
            .get(host.at("/logout"))
            .await
            .form("#confirm")
            .value("csrf_token")
            .to_owned();
        let form = review.form("#confirm").with("csrf_token", &token);
        let confirmed = browser.submit_once(&form).await;
        let of_nothing = browser
            .submit_once(&form.clone().with("id", "0123456789abcdef0123456789abcdef"))
            .await;
        assert_eq!(
            (confirmed.status, confirmed.message().as_str()),
            (404, "not-found"),
            "{who}"
        );
        assert_eq!(confirmed.text, of_nothing.text, "{who}");
        assert_eq!(signed_in_as(&host, browser).await.as_deref(), Some(who));
    }
    let nobody = Browser::new().get_once(review.url.clone()).await;
    assert_eq!(nobody.location(), Some(host.at("/login")));
    assert!(host.tenant.writes().await.is_empty());
    assert_eq!(
        flow::confirm(&owner, &review).await.url,
        host.at("/user?done=linked"),
        "the owner's own is untouched"
    );
    assert_eq!(
        stranger.get_once(review.url.clone()).await.status,
        404,
        "also when it is done"
    );
}

#[tokio::test]
async fn a24_an_id_that_is_none_is_not_found() {
    let host = Host::start().await;
    let (browser, _) = ada(&host).await;
    let long = "a".repeat(5_000);
    for id in [
        "x",
        "%00",
        "%FF",
        "..%2f..%2fuser",
        "%27%20OR%201=1--",
        "0123456789ABCDEF0123456789ABCDEF",
        &long,
    ] {
        let page = browser.get_once(host.at(&format!("/link/review/{id}"))).await;
        assert_eq!((page.status, page.message().as_str()), (404, "not-found"), "{id:.40}");
    }
}

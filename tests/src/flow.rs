//! The steps that most tests begin with.

use crate::{Browser, Host, PASSWORD, Page};

/// Signs in at whatever sign-in form of the tenant the browser is at.
pub async fn enter(browser: &Browser, at: &Page, who: &str) -> Page {
    let form = at.form(":has(input[name=password])");
    browser
        .submit(&form.with("username", who).with("password", PASSWORD))
        .await
}

/// Opens the host and signs in with e-mail and password; ends at `/user`.
pub async fn sign_in(host: &Host, browser: &Browser, who: &str) -> Page {
    let form = browser.get(host.at("/login")).await;
    let page = enter(browser, &form, who).await;
    assert_eq!(page.url, host.at("/user"), "{}", page.readable());
    page
}

/// Opens the host and signs in through a connection other than the database; ends at `/user`.
pub async fn sign_in_through(host: &Host, browser: &Browser, connection: &str, who: &str) -> Page {
    let form = browser.get(host.at("/login")).await;
    let buttons = form.form("[action='/u/login/connection']");
    let provider = browser.submit(&buttons.with("connection", connection)).await;
    let page = enter(browser, &provider, who).await;
    assert_eq!(page.url, host.at("/user"), "{}", page.readable());
    page
}

/// Chooses the offer with this label; ends at the tenant's sign-in form.
pub async fn choose(browser: &Browser, account: &Page, label: &str) -> Page {
    browser.submit(&account.form(&format!("[data-offer={label:?}]"))).await
}

/// Chooses an offer and signs in to it; ends at the preview, if all is well.
pub async fn prove(browser: &Browser, account: &Page, label: &str, who: &str) -> Page {
    let form = choose(browser, account, label).await;
    enter(browser, &form, who).await
}

/// Chooses an offer after an unlink, which wants a new sign-in to one's own account first, and signs in to both; ends at the preview, if all is well.
pub async fn prove_after_unlink(browser: &Browser, account: &Page, label: &str, own: &str, who: &str) -> Page {
    let form = choose(browser, account, label).await;
    let form = enter(browser, &form, own).await;
    enter(browser, &form, who).await
}

/// Asks to unlink an identity that the account page lists, and signs in again where that is wanted; ends at the review, if all is well.
pub async fn review_unlink(browser: &Browser, account: &Page, identity: &str, who: &str) -> Page {
    let page = browser
        .submit(&account.form(&format!("[data-identity={identity:?}]")))
        .await;
    if page.name() == "unlink-review" {
        return page;
    }
    enter(browser, &page, who).await
}

/// Confirms a preview; ends where the host leads.
pub async fn confirm(browser: &Browser, review: &Page) -> Page {
    browser.submit(&review.form("#confirm")).await
}

/// Signs in as Ada, joins her Google account, and ends at `/user`.
pub async fn join_google(host: &Host, browser: &Browser) -> Page {
    let account = sign_in(host, browser, "ada@example.com").await;
    let review = prove(browser, &account, "Google", "ada@example.com").await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    confirm(browser, &review).await
}

/// Whether a tab of two that act at once came so late that the first one's work had ended: the session has a new name by then, and whoever shows the old one is asked
/// to look again: at its confirmation, or on the way to the account after it. Which of the two is at the host in time is decided by the machine, not by the host.
pub fn came_late(page: &Page) -> bool {
    page.message() == "another-tab"
}

//! What the signed-in page and a link cost at least: a server that asks the tenant as often as they do, with the libraries that the host has, and does nothing else. No session, no
//! policy, no template, no record. For the page it asks for whole accounts, where the page names what it needs of them: if anything, that is too much. For a link it only reads,
//! and waits for the disk where a stage has to be safe before the tenant is written to.
//!
//! `tests/bench/pages` and `links` start it beside the others: `bare TENANT CLIENT_ID CLIENT_SECRET USER_ID EMAIL`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement"
)]

use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use conjoin_auth0::{HttpTimeouts, http_client};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

/// Bytes, as many as the page of the person that is asked about has.
const PAGE: usize = 3_700;

/// Bytes of a stage.
const RECORD: usize = 4_096;

/// The calls of a link, from the sign-in to the page at its end: how many at once, one after another.
const LINK: [usize; 16] = [1, 1, 2, 1, 2, 1, 2, 2, 2, 2, 1, 1, 1, 1, 1, 2];

/// Before which of them something is waited for until it is on the disk: that it is confirmed, that the metadata is written, that the accounts are linked, and that all is done.
const SAFE: [usize; 4] = [8, 9, 13, 14];

struct Tenant {
    http: reqwest::Client,
    token: String,
    account: Url,
    by_email: Url,
    search: Url,
}

impl Tenant {
    async fn of(arguments: [String; 5]) -> Self {
        let [base, id, secret, user, email] = arguments;
        let base = Url::parse(&base).unwrap();
        let at = |path: &str| base.join(path).unwrap();
        let http = http_client(HttpTimeouts::default()).unwrap();
        let body = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret, "audience": at("/api/v2/")});
        let token = http.post(at("/oauth/token")).json(&body).send().await.unwrap();
        let token: Value = token.error_for_status().unwrap().json().await.unwrap();
        let mut account = at("/api/v2/users");
        account.path_segments_mut().unwrap().push(&user);
        let asked = |path: &str, query: &[(&str, &str)]| {
            let mut url = at(path);
            url.query_pairs_mut().extend_pairs(query);
            url
        };
        let terms = format!("email:\"{email}\"");
        Self {
            token: token["access_token"].as_str().unwrap().to_owned(),
            by_email: asked("/api/v2/users-by-email", &[("email", &email)]),
            search: asked("/api/v2/users", &[("q", &terms), ("search_engine", "v3")]),
            http,
            account,
        }
    }

    async fn ask(&self, url: &Url) -> Value {
        let answer = self
            .http
            .get(url.clone())
            .bearer_auth(&self.token)
            .send()
            .await
            .unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    async fn page(self: Arc<Self>) -> Html<String> {
        let account = self.ask(&self.account).await;
        let (by_email, found) = tokio::join!(self.ask(&self.by_email), self.ask(&self.search));
        let seen = [account, by_email, found]
            .iter()
            .filter(|answer| !answer.is_null())
            .count();
        Html(seen.to_string().repeat(PAGE))
    }
}

/// How many microseconds it took.
async fn link(tenant: Arc<Tenant>, journal: Arc<Mutex<File>>) -> String {
    let began = Instant::now();
    for (place, at_once) in LINK.into_iter().enumerate() {
        if SAFE.contains(&place) {
            let journal = journal.clone();
            tokio::task::spawn_blocking(move || {
                let mut journal = journal.lock().unwrap();
                journal.write_all(&[0; RECORD]).unwrap();
                journal.sync_data().unwrap();
            })
            .await
            .unwrap();
        }
        let calls = (0..at_once).map(|_| tenant.ask(&tenant.account));
        futures_util::future::join_all(calls).await;
    }
    began.elapsed().as_micros().to_string()
}

#[tokio::main]
async fn main() {
    // `cargo bench` adds one of its own.
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    arguments.resize(5, String::new());
    let tenant = Arc::new(Tenant::of(arguments.try_into().unwrap()).await);
    let (for_page, for_link) = (tenant.clone(), tenant);
    let journal = Arc::new(Mutex::new(tempfile::tempfile().unwrap()));
    let routes = Router::new()
        .route("/user", get(move || for_page.clone().page()))
        .route("/link", get(move || link(for_link.clone(), journal.clone())));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("ready: http://{}", listener.local_addr().unwrap());
    axum::serve(listener, routes.into_make_service()).await.unwrap();
}

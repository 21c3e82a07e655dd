//! The simulated tenant's evidence and switches, under its `/_dev/`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::Url;

use crate::PASSWORD;

/// A simulated tenant.
#[derive(Clone)]
pub struct Tenant {
    /// Its issuer.
    pub url: Url,
    client: reqwest::Client,
}

impl Tenant {
    /// The tenant at an address.
    pub fn new(url: Url) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(std::time::Duration::from_secs(30))
            .build();
        Self {
            url,
            client: client.expect("a client"),
        }
    }

    /// Every user, as it would be exported.
    pub async fn users(&self) -> Vec<Value> {
        self.get("/_dev/users").await.as_array().cloned().expect("an array")
    }

    /// One user by id, if there is one.
    pub async fn user(&self, id: &str) -> Option<Value> {
        self.users().await.into_iter().find(|user| user["user_id"] == id)
    }

    /// Adds or replaces a user.
    pub async fn put_user(&self, user: &Value) {
        let id = user["user_id"].as_str().expect("a user id");
        let encoded: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        self.put(&format!("/_dev/users/{encoded}"), user).await;
    }

    /// Replaces some root attributes of a user.
    pub async fn change_user(&self, id: &str, changes: Value) {
        let mut user = self.user(id).await.expect("the user exists");
        // Exported users come without their passwords.
        user["password"] = PASSWORD.into();
        for (key, value) in changes.as_object().expect("an object") {
            user[key] = value.clone();
        }
        self.put_user(&user).await;
    }

    /// Who there is, with which identities and metadata: what a link changes and a sign-in does not.
    pub async fn holdings(&self) -> BTreeMap<String, Value> {
        let users = self.users().await.into_iter().map(|user| {
            let identities: Vec<String> = user["identities"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|identity| format!("{}|{}", identity["provider"], identity["user_id"]))
                .collect();
            let held = json!([identities, user["user_metadata"], user["app_metadata"]]);
            (user["user_id"].as_str().unwrap_or_default().to_owned(), held)
        });
        users.collect()
    }

    /// The callbacks for which codes were exchanged, or tried to be, since the log was last emptied.
    pub async fn exchanges(&self) -> Vec<String> {
        let calls = self.calls().await;
        let codes = calls
            .iter()
            .filter(|call| call["path"] == "/oauth/token" && call["body"]["grant_type"] == "authorization_code");
        codes
            .map(|call| call["body"]["redirect_uri"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Waits until a request has reached the tenant, answered or not.
    pub async fn until_called(&self, method: &str, path: &str) {
        for _ in 0..2400 {
            let calls = self.calls().await;
            if calls.iter().any(|call| {
                call["method"] == method && call["path"].as_str().is_some_and(|called| called.starts_with(path))
            }) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("{method} {path} was not called");
    }

    /// Every request since the log was last emptied, oldest first.
    pub async fn calls(&self) -> Vec<Value> {
        self.get("/_dev/calls").await.as_array().cloned().expect("an array")
    }

    /// Empties the log of requests.
    pub async fn forget_calls(&self) {
        self.client
            .delete(self.at("/_dev/calls"))
            .send()
            .await
            .expect("an answer")
            .error_for_status()
            .expect("forgotten");
    }

    /// The requests since then that change users, as `METHOD path`.
    pub async fn writes(&self) -> Vec<String> {
        let calls = self.calls().await;
        let text = |call: &Value, key: &str| call[key].as_str().unwrap_or_default().to_owned();
        let written = calls
            .iter()
            .filter(|call| text(call, "path").starts_with("/api/v2/") && text(call, "method") != "GET");
        written
            .map(|call| format!("{} {}", text(call, "method"), text(call, "path")))
            .collect()
    }

    /// The bodies of the requests of one method that change users, oldest first.
    pub async fn bodies(&self, method: &str) -> Vec<Value> {
        let calls = self.calls().await.into_iter();
        let ours = calls.filter(|call| {
            call["method"] == method && call["path"].as_str().is_some_and(|path| path.starts_with("/api/v2/"))
        });
        ours.map(|call| call["body"].clone()).collect()
    }

    /// Links accounts behind the host's back, as another application would, and forgets the calls.
    pub async fn link(&self, primary: &str, provider: &str, user_id: &str) {
        let token = self.management_token().await;
        let encoded: String = url::form_urlencoded::byte_serialize(primary.as_bytes()).collect();
        let sent = self
            .client
            .post(self.at(&format!("/api/v2/users/{encoded}/identities")))
            .bearer_auth(token)
            .json(&json!({ "provider": provider, "user_id": user_id }))
            .send()
            .await;
        sent.expect("an answer").error_for_status().expect("linked");
        self.forget_calls().await;
    }

    /// Deletes a user behind the host's back, and forgets the calls.
    pub async fn delete_user(&self, id: &str) {
        let token = self.management_token().await;
        let encoded: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let url = self.at(&format!("/api/v2/users/{encoded}"));
        let sent = self.client.delete(url).bearer_auth(token).send().await;
        sent.expect("an answer").error_for_status().expect("deleted");
        self.forget_calls().await;
    }

    /// Waits until there is no such user, because it became part of another.
    pub async fn until_gone(&self, id: &str) {
        for _ in 0..900 {
            if self.user(id).await.is_none() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{id} is still there");
    }

    /// Waits until a user has this `user_metadata`.
    pub async fn until_holds(&self, id: &str, user_metadata: &Value) {
        for _ in 0..300 {
            if self
                .user(id)
                .await
                .is_some_and(|user| user["user_metadata"] == *user_metadata)
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{id} has other metadata: {:?}", self.user(id).await);
    }

    /// The sessions of an account, as the Management API lists them.
    pub async fn sessions(&self, id: &str) -> Vec<Value> {
        let encoded: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let url = self.at(&format!("/api/v2/users/{encoded}/sessions"));
        let token = self.management_token().await;
        let sent = self.client.get(url).bearer_auth(token).send().await;
        let answer = sent.expect("an answer").error_for_status().expect("listed");
        let listed: Value = answer.json().await.expect("JSON");
        listed["sessions"].as_array().cloned().expect("an array")
    }

    async fn management_token(&self) -> String {
        let sent = self
            .client
            .post(self.at("/oauth/token"))
            .json(&json!({
                "grant_type": "client_credentials", "client_id": "conjoin-m2m", "client_secret": "conjoin-m2m-secret",
                "audience": self.at("/api/v2/"),
            }))
            .send()
            .await;
        let answer: Value = sent.expect("an answer").json().await.expect("JSON");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    /// Sets faults (see the simulated tenant's documentation for their form).
    pub async fn faults(&self, rules: Value) {
        self.put("/_dev/faults", &rules).await;
    }

    /// Adds faults after those in force. Each should carry a `name`, so that [`Tenant::end_faults`] can take it away alone.
    pub async fn add_faults(&self, rules: &Value) {
        let sent = self.client.post(self.at("/_dev/faults")).json(rules).send().await;
        let answer = sent.expect("an answer");
        assert!(
            answer.status().is_success(),
            "{rules}: {}",
            answer.text().await.unwrap_or_default()
        );
    }

    /// Takes the faults of one name away, and lets go of the requests that they hold.
    pub async fn end_faults(&self, name: &str) {
        let mut url = self.at("/_dev/faults");
        url.query_pairs_mut().append_pair("name", name);
        let sent = self.client.delete(url).send().await;
        sent.expect("an answer").error_for_status().expect("taken away");
    }

    /// Sets the defects of tokens.
    pub async fn switches(&self, switches: Value) {
        self.put("/_dev/oidc", &switches).await;
    }

    /// Forges claims of the next ID token.
    pub async fn forge(&self, claims: Value) {
        self.switches(json!({ "next_id_token": { "claims": claims } })).await;
    }

    /// Forges the next access token for an API of the tenant's: `claims` and `algorithm`, as the simulated tenant takes them.
    pub async fn forge_access(&self, forgery: Value) {
        self.switches(json!({ "next_access_token": forgery })).await;
    }

    /// Rotates the signing keys; the old one stays published.
    pub async fn rotate_keys(&self) {
        let sent = self
            .client
            .post(self.at("/_dev/rotate-keys"))
            .json(&json!({}))
            .send()
            .await;
        sent.expect("an answer").error_for_status().expect("rotated");
    }

    /// An address of the tenant.
    pub fn at(&self, path: &str) -> Url {
        self.url.join(path).expect("a path")
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.client.get(self.at(path)).send().await.expect("an answer");
        answer.error_for_status().expect("success").json().await.expect("JSON")
    }

    async fn put(&self, path: &str, body: &Value) {
        let answer = self
            .client
            .put(self.at(path))
            .json(body)
            .send()
            .await
            .expect("an answer");
        assert!(
            answer.status().is_success(),
            "{path}: {}",
            answer.text().await.unwrap_or_default()
        );
    }
}

//! The simulated tenant's evidence and switches, under its `/_dev/`.

use serde_json::{Value, json};
use url::Url;

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
        for (key, value) in changes.as_object().expect("an object") {
            user[key] = value.clone();
        }
        self.put_user(&user).await;
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

    /// Sets faults (see the simulated tenant's documentation for their form).
    pub async fn faults(&self, rules: Value) {
        self.put("/_dev/faults", &rules).await;
    }

    /// Sets the defects of tokens.
    pub async fn switches(&self, switches: Value) {
        self.put("/_dev/oidc", &switches).await;
    }

    /// Forges claims of the next ID token.
    pub async fn forge(&self, claims: Value) {
        self.switches(json!({ "next_id_token": { "claims": claims } })).await;
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

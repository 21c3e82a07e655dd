//! Webhooks as Standard Webhooks has them (<https://www.standardwebhooks.com>): a signed POST, delivered when it is answered with 2xx.

mod body;
mod secret;

use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use conjoin_auth0::{HttpTimeouts, http_client};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use secrecy::SecretString;
use time::OffsetDateTime;
use url::Url;

use super::schedule::retry_after;
use super::worker::{Outcome, Sender};
use crate::addresses::is_private;
use crate::config::WebhookConfig;
use crate::store::{Channel, Message};

use secret::Secret;

/// Shorter than the five seconds that a link waits for its `link.starting`, so that one try fits in.
const TIMEOUTS: HttpTimeouts = HttpTimeouts {
    connect: Duration::from_secs(2),
    total: Duration::from_secs(4),
};

/// A consumer's address, and the secrets that it may know us by.
pub struct Webhook {
    url: Url,
    secrets: Vec<Secret>,
    http: reqwest::Client,
}

/// Whether a secret is well formed.
///
/// # Errors
/// What one looks like.
pub(crate) fn check_secret(secret: &SecretString) -> anyhow::Result<()> {
    Secret::parse(secret).map(drop)
}

impl Webhook {
    /// Checks the configuration.
    ///
    /// # Errors
    /// What is wrong with it, without quoting it: an address can carry a token.
    pub fn new(config: &WebhookConfig) -> anyhow::Result<Self> {
        anyhow::ensure!(
            is_private(&config.url),
            "`webhook.url` must be `https`, but for an address of this machine: its signature does not hide what it says"
        );
        anyhow::ensure!(
            !config.secrets.is_empty(),
            "`webhook.secrets` is empty: the consumer could not tell our messages from anyone's"
        );
        let secrets = config.secrets.iter().map(Secret::parse).collect::<anyhow::Result<_>>();
        Ok(Self {
            url: config.url.clone(),
            secrets: secrets.context("`webhook.secrets`")?,
            http: http_client(TIMEOUTS).context("making the HTTP client for webhooks")?,
        })
    }

    async fn post(&self, message: &Message) -> Result<Response, reqwest::Error> {
        let body = body::of(message);
        let now = OffsetDateTime::now_utc().unix_timestamp();
        self.http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", now)
            .header("webhook-signature", self.signatures(&message.id, now, &body))
            .body(body)
            .send()
            .await
    }

    /// One by each secret: while a consumer changes over, either of them is enough for it.
    fn signatures(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signatures = self.secrets.iter().map(|secret| secret.sign(id, timestamp, body));
        signatures.collect::<Vec<_>>().join(" ")
    }
}

#[async_trait]
impl Sender for Webhook {
    fn channel(&self) -> Channel {
        Channel::Webhook
    }

    /// The answer's body is not read: a consumer has nothing to tell us but its status.
    async fn send(&self, message: &Message) -> Outcome {
        match self.post(message).await {
            Ok(answer) => judge(&answer),
            Err(error) => Outcome::Later {
                error: transport(&error).to_owned(),
                after: None,
            },
        }
    }
}

/// A redirect is not followed, so it counts as not delivered: where it leads nobody configured.
fn judge(answer: &Response) -> Outcome {
    let status = answer.status();
    if status.is_success() {
        return Outcome::Delivered;
    }
    let error = format!("the consumer answered {}", status.as_u16());
    if status == StatusCode::GONE {
        return Outcome::Never { error };
    }
    let header = answer
        .headers()
        .get(RETRY_AFTER)
        .and_then(|header| header.to_str().ok());
    Outcome::Later {
        error,
        after: header.and_then(|header| retry_after(header, OffsetDateTime::now_utc())),
    }
}

/// In our own words: the client's quote the address.
fn transport(error: &reqwest::Error) -> &'static str {
    if error.is_connect() {
        "no connection to the consumer could be made"
    } else if error.is_timeout() {
        "the consumer did not answer in time"
    } else {
        "the connection to the consumer broke"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(url: &str, secrets: &[&str]) -> anyhow::Result<Webhook> {
        Webhook::new(&WebhookConfig {
            url: url.parse()?,
            secrets: secrets.iter().map(|secret| (*secret).into()).collect(),
        })
    }

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn only_an_address_of_this_machine_may_be_without_tls() {
        for url in [
            "https://consumer.example/hooks",
            "http://localhost:8080/",
            "http://127.0.0.1/",
            "http://[::1]:1/",
        ] {
            assert!(webhook(url, &[SECRET]).is_ok(), "{url}");
        }
        for url in [
            "http://consumer.example/",
            "http://localhost.example/",
            "ftp://localhost/",
            "http://10.0.0.1/",
        ] {
            assert!(webhook(url, &[SECRET]).is_err(), "{url}");
        }
    }

    #[test]
    fn without_a_secret_there_is_no_webhook_and_no_error_quotes_one() {
        assert!(webhook("https://consumer.example/", &[]).is_err());
        let error = webhook("https://consumer.example/", &["whsec_tooshort"]).err().unwrap();
        assert!(!format!("{error:#}").contains("tooshort"), "{error:#}");
    }

    #[test]
    fn every_secret_signs() {
        let webhook = webhook(
            "https://consumer.example/",
            &[SECRET, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
        )
        .unwrap();
        let signatures = webhook.signatures("msg_1", 1, "{}");
        let parts: Vec<&str> = signatures.split(' ').collect();
        assert_eq!(parts.len(), 2);
        assert!(parts.iter().all(|part| part.starts_with("v1,")) && parts[0] != parts[1]);
    }
}

//! The access token all calls share: fetched by client credentials, kept until shortly before it expires.
//!
//! However many calls wait for a token, one request is made; when it fails, all of them get that failure and none is
//! kept. The token is in memory only.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use moka::ops::compute::Op;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde::Deserialize;
use time::OffsetDateTime;
use url::Url;

use super::error::ManagementError;
use super::rate_limit::requested_wait;
use super::{ManagementConfig, request};
use crate::http::read_bounded;

/// How long before its expiry a token is given up, so that it does not expire on its way.
const MARGIN: Duration = Duration::from_secs(60);

/// What an unstated lifetime is taken for. RFC 6749 §5.1 only recommends to state it; Auth0 always does.
const UNSTATED_LIFETIME: Duration = Duration::from_secs(300);

pub(super) struct Tokens {
    http: reqwest::Client,
    endpoint: Url,
    config: ManagementConfig,
    /// Made when it is first needed: it takes 30 kB, and most of a host's tenants are idle.
    cache: LazyLock<Cache<(), Arc<AccessToken>>>,
}

pub(super) struct AccessToken {
    pub(super) secret: SecretString,
    kept_for: Duration,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    expires_in: Option<u64>,
}

struct UntilExpiry;

impl Expiry<(), Arc<AccessToken>> for UntilExpiry {
    fn expire_after_create(&self, _key: &(), token: &Arc<AccessToken>, _created_at: Instant) -> Option<Duration> {
        Some(token.kept_for)
    }
}

impl Tokens {
    pub(super) fn new(config: ManagementConfig, endpoint: Url, http: reqwest::Client) -> Self {
        Self {
            http,
            endpoint,
            config,
            cache: LazyLock::new(|| Cache::builder().max_capacity(1).expire_after(UntilExpiry).build()),
        }
    }

    /// The token in use, fetched first when there is none.
    pub(super) async fn current(&self) -> Result<Arc<AccessToken>, ManagementError> {
        self.cache
            .try_get_with((), self.fetch())
            .await
            .map_err(|error| ManagementError::clone(&error))
    }

    /// Gives up a token the API did not accept, unless another call replaced it already.
    pub(super) async fn forget(&self, refused: &Arc<AccessToken>) {
        self.cache
            .entry(())
            .and_compute_with(async |entry| match entry {
                Some(entry) if Arc::ptr_eq(entry.value(), refused) => Op::Remove,
                _ => Op::Nop,
            })
            .await;
    }

    async fn fetch(&self) -> Result<Arc<AccessToken>, ManagementError> {
        let ManagementConfig {
            base,
            audience,
            client_id,
            credential,
        } = &self.config;
        let mut form = vec![
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", client_id.clone()),
            ("audience", audience.clone()),
        ];
        let proof = credential.form(client_id, base);
        form.extend(proof.map_err(|unsigned| ManagementError::Unauthorized {
            message: unsigned.to_string(),
        })?);
        let request = self.http.post(self.endpoint.clone()).form(&form);
        let response = request.send().await.map_err(request::unreachable)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = read_bounded(response).await?;
        tracing::debug!(status, "fetched a Management API token");
        match status {
            200 => decode(&body),
            status => Err(refusal(status, &headers, &body)),
        }
    }
}

fn decode(body: &[u8]) -> Result<Arc<AccessToken>, ManagementError> {
    // The parser's own message would quote what it stumbled over, and here that may be the token.
    let answer: TokenAnswer = serde_json::from_slice(body)
        .map_err(|_| ManagementError::Undecodable("the token endpoint's answer holds no access token".to_owned()))?;
    let lifetime = answer.expires_in.map_or(UNSTATED_LIFETIME, Duration::from_secs);
    Ok(Arc::new(AccessToken {
        secret: answer.access_token,
        kept_for: lifetime.saturating_sub(MARGIN),
    }))
}

fn refusal(status: u16, headers: &HeaderMap, body: &[u8]) -> ManagementError {
    match status {
        429 => ManagementError::RateLimited {
            retry_after: requested_wait(headers, OffsetDateTime::now_utc()),
        },
        408 | 500.. => ManagementError::Unavailable { status },
        _ => ManagementError::Unauthorized {
            message: request::ErrorBody::read(body).message,
        },
    }
}

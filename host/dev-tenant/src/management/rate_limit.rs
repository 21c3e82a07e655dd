use std::collections::BTreeMap;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use crate::config::{Bucket, Kind, RateLimit};
use crate::state::Shared;

/// The token buckets of a plan.
pub struct RateLimiter {
    plan: RateLimit,
    levels: BTreeMap<Kind, Level>,
}

struct Level {
    tokens: f64,
    filled: Instant,
}

/// What a request was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may go on.
    pub allowed: bool,
    /// The bucket's size.
    pub limit: u32,
    /// What is left in it.
    pub remaining: u32,
    /// Seconds until another request may be made.
    pub wait: u32,
}

impl RateLimiter {
    /// Full buckets.
    #[must_use]
    pub fn new(plan: RateLimit) -> Self {
        Self {
            plan,
            levels: BTreeMap::new(),
        }
    }

    /// Takes a token for a request; `None` when nothing is limited.
    pub fn take(&mut self, method: &str, now: Instant) -> Option<Verdict> {
        let (kind, bucket) = self.plan.bucket(method)?;
        let level = self.levels.entry(kind).or_insert_with(|| Level {
            tokens: f64::from(bucket.burst),
            filled: now,
        });
        Some(level.take(bucket, now))
    }
}

impl Level {
    fn take(&mut self, bucket: Bucket, now: Instant) -> Verdict {
        let per_second = f64::from(bucket.per_minute) / 60.0;
        let earned = now.saturating_duration_since(self.filled).as_secs_f64() * per_second;
        self.tokens = (self.tokens + earned).min(f64::from(bucket.burst));
        self.filled = now;
        let allowed = self.tokens >= 1.0;
        if allowed {
            self.tokens -= 1.0;
        }
        let missing = (1.0 - self.tokens).max(0.0);
        let wait = if per_second > 0.0 {
            (missing / per_second).ceil()
        } else {
            60.0
        };
        // Both are small and not negative.
        Verdict {
            allowed,
            limit: bucket.burst,
            remaining: self.tokens as u32,
            wait: wait as u32,
        }
    }
}

/// Lets a request through, or answers 429; with Auth0's headers when a plan is in force. `Retry-After` on the Management API is unconfirmed, and sent only where
/// the configuration says so.
pub async fn enforce(State(tenant): State<Shared>, request: Request, next: Next) -> Response {
    let verdict = tenant
        .lock()
        .rate_limiter
        .take(request.method().as_str(), Instant::now());
    let Some(verdict) = verdict else {
        return next.run(request).await;
    };
    let mut response = if verdict.allowed {
        next.run(request).await
    } else {
        ApiError::too_many_requests().into_response()
    };
    let limits = RateLimitHeaders {
        limit: verdict.limit,
        remaining: verdict.remaining,
        reset: tenant.clock().now() + i64::from(verdict.wait),
    };
    limits.add_to(&mut response);
    if !verdict.allowed && tenant.config.unconfirmed.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(verdict.wait));
    }
    response
}

/// What a client is told of its bucket.
pub struct RateLimitHeaders {
    /// The bucket's size.
    pub limit: u32,
    /// What is left in it.
    pub remaining: u32,
    /// When another request may be made, in seconds since 1970.
    pub reset: i64,
}

impl RateLimitHeaders {
    /// Puts Auth0's three headers on an answer.
    pub fn add_to(&self, response: &mut Response) {
        let values = [
            ("x-ratelimit-limit", i64::from(self.limit)),
            ("x-ratelimit-remaining", i64::from(self.remaining)),
            ("x-ratelimit-reset", self.reset),
        ];
        for (name, value) in values {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let mut limiter = RateLimiter::new(RateLimit::Custom(Bucket {
            burst: 2,
            per_minute: 60,
        }));
        let start = Instant::now();
        let remaining: Vec<_> = (0..2).map(|_| limiter.take("GET", start).unwrap().remaining).collect();
        assert_eq!(remaining, [1, 0]);
        let refused = limiter.take("GET", start).unwrap();
        assert_eq!((refused.allowed, refused.wait), (false, 1));
        assert!(limiter.take("GET", start + Duration::from_secs(1)).unwrap().allowed);
    }
}

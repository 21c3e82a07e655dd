//! The token buckets of a plan, and what a client is told of them.

use std::collections::BTreeMap;
use std::time::Instant;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::config::{Bucket, Endpoint, Kind, RateLimit};
use crate::state::Tenant;
use crate::store::UserId;

/// Buckets that are kept. Those of people that are full again are forgotten first: a new one is full too.
const CAPACITY: usize = 10_000;

/// What a request draws from.
#[derive(Clone, Copy, Debug)]
pub enum Drawn<'a> {
    /// The Management API's bucket for this method.
    Management(&'a str),
    /// That of `/oauth/token`.
    Token,
    /// That of the published keys.
    Keys,
    /// That of one person's `/userinfo`.
    UserInfo(&'a UserId),
}

/// Whose level it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Management(Kind),
    Token,
    Keys,
    UserInfo(UserId),
}

/// The token buckets of a plan.
pub struct RateLimiter {
    plan: RateLimit,
    levels: BTreeMap<Key, Level>,
}

struct Level {
    bucket: Bucket,
    tokens: f64,
    filled: Instant,
}

/// What a request was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Verdict {
    /// Whether it may go on.
    allowed: bool,
    /// The bucket's size.
    limit: u32,
    /// What is left in it.
    remaining: u32,
    /// Seconds until another request may be made.
    wait: u32,
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
    fn take(&mut self, drawn: Drawn<'_>, now: Instant) -> Option<Verdict> {
        let (key, bucket) = self.bucket(drawn)?;
        if !self.levels.contains_key(&key) {
            self.make_room(now);
        }
        let level = self.levels.entry(key).or_insert_with(|| Level::full(bucket, now));
        Some(level.take(now))
    }

    fn bucket(&self, drawn: Drawn<'_>) -> Option<(Key, Bucket)> {
        let authentication = |key, endpoint| Some((key, self.plan.authentication(endpoint)?));
        match drawn {
            Drawn::Management(method) => {
                let (kind, bucket) = self.plan.management(method)?;
                Some((Key::Management(kind), bucket))
            }
            Drawn::Token => authentication(Key::Token, Endpoint::Token),
            Drawn::Keys => authentication(Key::Keys, Endpoint::Keys),
            Drawn::UserInfo(user) => authentication(Key::UserInfo(user.clone()), Endpoint::UserInfo),
        }
    }

    fn make_room(&mut self, now: Instant) {
        if self.levels.len() < CAPACITY {
            return;
        }
        self.levels.retain(|_, level| !level.is_full(now));
        let oldest = self.levels.iter().min_by_key(|(_, level)| level.filled);
        let oldest = oldest.map(|(key, _)| key.clone());
        if let Some(oldest) = oldest.filter(|_| self.levels.len() >= CAPACITY) {
            self.levels.remove(&oldest);
        }
    }
}

impl Level {
    fn full(bucket: Bucket, now: Instant) -> Self {
        Self {
            bucket,
            tokens: f64::from(bucket.burst),
            filled: now,
        }
    }

    fn per_second(&self) -> f64 {
        f64::from(self.bucket.per_minute) / 60.0
    }

    fn tokens(&self, now: Instant) -> f64 {
        let earned = now.saturating_duration_since(self.filled).as_secs_f64() * self.per_second();
        (self.tokens + earned).min(f64::from(self.bucket.burst))
    }

    fn is_full(&self, now: Instant) -> bool {
        self.tokens(now) >= f64::from(self.bucket.burst)
    }

    fn take(&mut self, now: Instant) -> Verdict {
        self.tokens = self.tokens(now);
        self.filled = now;
        let allowed = self.tokens >= 1.0;
        if allowed {
            self.tokens -= 1.0;
        }
        let missing = (1.0 - self.tokens).max(0.0);
        let wait = if self.bucket.per_minute > 0 {
            (missing / self.per_second()).ceil()
        } else {
            60.0
        };
        // Both are small and not negative.
        Verdict {
            allowed,
            limit: self.bucket.burst,
            remaining: self.tokens as u32,
            wait: wait as u32,
        }
    }
}

/// Answers with `answer` while the bucket has a token, and otherwise with `refusal`; with Auth0's headers when a plan is in force. `Retry-After` is unconfirmed, and sent
/// only where the configuration says so.
pub async fn answer(
    tenant: &Tenant,
    drawn: Drawn<'_>,
    refusal: impl IntoResponse,
    answer: impl Future<Output = Response>,
) -> Response {
    let verdict = tenant.lock().rate_limiter.take(drawn, Instant::now());
    let Some(verdict) = verdict else {
        return answer.await;
    };
    let mut response = if verdict.allowed {
        answer.await
    } else {
        refusal.into_response()
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
    use crate::config::Plan;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let mut limiter = RateLimiter::new(RateLimit::Custom(Bucket {
            burst: 2,
            per_minute: 60,
        }));
        let get = Drawn::Management("GET");
        let start = Instant::now();
        let remaining: Vec<_> = (0..2).map(|_| limiter.take(get, start).unwrap().remaining).collect();
        assert_eq!(remaining, [1, 0]);
        let refused = limiter.take(get, start).unwrap();
        assert_eq!((refused.allowed, refused.wait), (false, 1));
        assert!(limiter.take(get, start + Duration::from_secs(1)).unwrap().allowed);
        assert_eq!(limiter.take(Drawn::Token, start), None, "the Management API only");
    }

    #[test]
    fn endpoints_and_people_have_buckets_of_their_own() {
        let mut limiter = RateLimiter::new(RateLimit::Plan(Plan::Free));
        let start = Instant::now();
        let [ada, grace] = ["auth0|ada", "auth0|grace"].map(UserId::from);
        for (drawn, burst, wait) in [
            (Drawn::Token, 30, 1),
            (Drawn::Keys, 20, 1),
            (Drawn::UserInfo(&ada), 10, 12),
        ] {
            for _ in 0..burst {
                assert!(limiter.take(drawn, start).unwrap().allowed, "{drawn:?}");
            }
            let refused = limiter.take(drawn, start).unwrap();
            assert_eq!((refused.allowed, refused.limit, refused.wait), (false, burst, wait));
        }
        assert!(limiter.take(Drawn::UserInfo(&grace), start).unwrap().allowed);
    }

    #[test]
    fn the_number_of_people_is_bounded() {
        let mut limiter = RateLimiter::new(RateLimit::Plan(Plan::Free));
        let start = Instant::now();
        let first = UserId::from("auth0|0");
        for number in 0..=CAPACITY {
            let user = UserId::from(format!("auth0|{number}").as_str());
            let now = start + Duration::from_nanos(number as u64);
            limiter.take(Drawn::UserInfo(&user), now);
        }
        assert_eq!(limiter.levels.len(), CAPACITY);
        assert!(!limiter.levels.contains_key(&Key::UserInfo(first)));
        let later = start + Duration::from_secs(60);
        limiter.take(Drawn::Keys, later);
        assert_eq!(limiter.levels.len(), 1, "full buckets are forgotten");
    }
}

use serde::Deserialize;

/// A token bucket.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Requests at once.
    pub burst: u32,
    /// Requests that come back each minute.
    pub per_minute: u32,
}

/// Limits by subscription (Auth0, "Rate limit configurations"), or one of one's own for the Management API alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum RateLimit {
    /// One of Auth0's.
    Plan(Plan),
    /// One bucket for every request of the Management API: `{ burst = 2, per_minute = 120 }`.
    Custom(Bucket),
    /// No limit, and no headers that tell one.
    #[default]
    #[serde(skip)]
    None,
}

/// Auth0's subscriptions, by what they let the Management API be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// 2 at once and 2 a second, over everything.
    Free,
    /// By kind of request: 40 and 500 a minute to read users, 20 and 200 to write, 20 and 200 to delete.
    Essentials,
    /// 50 at once and 16 a second, over everything.
    Enterprise,
}

/// What shares a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Every request of a plan with one bucket.
    Any,
    /// GET.
    Read,
    /// POST and PATCH.
    Write,
    /// DELETE.
    Delete,
}

/// An endpoint of the Authentication API with a bucket of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/oauth/token`, whoever asks.
    Token,
    /// `/userinfo`, for one person.
    UserInfo,
    /// `/.well-known/jwks.json`, whoever asks.
    Keys,
}

impl RateLimit {
    /// The bucket that a request of the Management API with this method draws from; `None` when nothing is limited.
    #[must_use]
    pub fn management(self, method: &str) -> Option<(Kind, Bucket)> {
        let bucket = |burst, per_minute| Bucket { burst, per_minute };
        match self {
            Self::None => None,
            Self::Custom(custom) => Some((Kind::Any, custom)),
            Self::Plan(Plan::Free) => Some((Kind::Any, bucket(2, 120))),
            Self::Plan(Plan::Enterprise) => Some((Kind::Any, bucket(50, 960))),
            Self::Plan(Plan::Essentials) => Some(match method {
                "GET" | "HEAD" => (Kind::Read, bucket(40, 500)),
                "DELETE" => (Kind::Delete, bucket(20, 200)),
                _ => (Kind::Write, bucket(20, 200)),
            }),
        }
    }

    /// The bucket of an endpoint of the Authentication API; `None` but with one of Auth0's plans. Documented of every plan: 10 at once and 5 a minute for a person's
    /// `/userinfo`. Documented of the free plan: 30 a second for `/oauth/token`, and 20 a second for the keys. UNCONFIRMED: that the keys' limit holds in every plan, and
    /// that of the other plans `/oauth/token` has that of their whole Authentication API, 25 and 100 a second, for itself.
    #[must_use]
    pub fn authentication(self, endpoint: Endpoint) -> Option<Bucket> {
        let Self::Plan(plan) = self else {
            return None;
        };
        let each_second = |count: u32| Bucket {
            burst: count,
            per_minute: count * 60,
        };
        Some(match (endpoint, plan) {
            (Endpoint::UserInfo, _) => Bucket {
                burst: 10,
                per_minute: 5,
            },
            (Endpoint::Keys, _) => each_second(20),
            (Endpoint::Token, Plan::Free) => each_second(30),
            (Endpoint::Token, Plan::Essentials) => each_second(25),
            (Endpoint::Token, Plan::Enterprise) => each_second(100),
        })
    }
}

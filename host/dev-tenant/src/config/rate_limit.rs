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

/// Limits of the Management API by subscription (Auth0, "Rate limit configurations"), or of one's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum RateLimit {
    /// One of Auth0's.
    Plan(Plan),
    /// One bucket for every request: `{ burst = 2, per_minute = 120 }`.
    Custom(Bucket),
    /// No limit, and no headers that tell one.
    #[default]
    #[serde(skip)]
    None,
}

/// Auth0's subscriptions.
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

impl RateLimit {
    /// The bucket that a request of this method draws from; `None` when nothing is limited.
    #[must_use]
    pub fn bucket(self, method: &str) -> Option<(Kind, Bucket)> {
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
}

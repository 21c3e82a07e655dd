//! The one HTTP client of the program, and the bounds every exchange over it keeps.

use std::sync::Arc;
use std::time::Duration;

/// The most bytes of one answer that are read. A page of fifty users with megabyte bags does not fit, and should not:
/// whoever answers must not decide how much memory is used.
pub const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;

/// How long one request may take. There is no way to ask for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpTimeouts {
    /// Until a connection stands, TLS included.
    pub connect: Duration,
    /// From the first byte sent to the last byte of the answer, connecting included.
    pub total: Duration,
}

/// The client could not be built: the TLS backend found no usable root certificates or no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be built; check the system's root certificates")]
pub struct HttpClientError(#[source] reqwest::Error);

/// Why a request got no complete answer. Never holds the URL: paths and queries carry user ids and e-mail addresses.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// No connection was made, or the request was none, so nothing was sent.
    #[error("no connection to the tenant could be made; check its domain and the network")]
    Connect(#[source] Arc<reqwest::Error>),
    /// The time of [`HttpTimeouts::total`] passed.
    #[error("the tenant did not answer in time")]
    Timeout(#[source] Arc<reqwest::Error>),
    /// The connection broke before the answer was complete.
    #[error("the connection to the tenant broke before its answer was complete")]
    Interrupted(#[source] Arc<reqwest::Error>),
    /// The answer is larger than [`MAX_RESPONSE_BYTES`]; the rest was not read.
    #[error("the tenant's answer is larger than {MAX_RESPONSE_BYTES} bytes")]
    TooLarge,
}

impl Default for HttpTimeouts {
    /// 3 seconds to connect, 10 seconds in all.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(10),
        }
    }
}

impl TransportError {
    /// Whether the request certainly never left this host.
    pub fn nothing_was_sent(&self) -> bool {
        matches!(self, Self::Connect(_))
    }
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        let error = Arc::new(error.without_url());
        // Connecting comes first: a connection that timed out is both, and what matters is that nothing was sent.
        if error.is_connect() || error.is_builder() {
            Self::Connect(error)
        } else if error.is_timeout() {
            Self::Timeout(error)
        } else {
            Self::Interrupted(error)
        }
    }
}

/// Builds the HTTP client. Call it once, at start: clones share the connection pool, and no other place builds one.
///
/// Redirects are not followed, since neither API answers with one and a followed one would carry credentials elsewhere.
/// Proxy variables of the environment are ignored: what a request passes through is configuration, not surroundings.
///
/// # Errors
///
/// [`HttpClientError`] when the TLS backend cannot be set up.
pub fn http_client(timeouts: HttpTimeouts) -> Result<reqwest::Client, HttpClientError> {
    reqwest::Client::builder()
        .user_agent(concat!("conjoin/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.total)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .build()
        .map_err(HttpClientError)
}

/// Reads an answer's body up to [`MAX_RESPONSE_BYTES`], and stops there whatever the `Content-Length` said.
///
/// # Errors
///
/// [`TransportError::TooLarge`] beyond the bound, otherwise what broke the connection.
pub async fn read_bounded(mut response: reqwest::Response) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(TransportError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

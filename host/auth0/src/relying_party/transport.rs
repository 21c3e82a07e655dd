//! The OpenID library's requests over our one HTTP client, with its bounds.

use std::pin::Pin;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

use crate::http::{TransportError, read_bounded};

#[derive(Clone)]
pub(super) struct Transport {
    http: reqwest::Client,
}

/// Why the provider gave no answer worth reading.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum TransportFailure {
    #[error(transparent)]
    NoAnswer(#[from] TransportError),
    /// 408, 429 or a server error: the provider is there and did not look at the request.
    #[error("the tenant is not available: status {0}")]
    Unavailable(u16),
}

impl Transport {
    pub(super) fn new(http: reqwest::Client) -> Self {
        Self { http }
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, TransportFailure> {
        let request = reqwest::Request::try_from(request).map_err(TransportError::from)?;
        let response = self.http.execute(request).await.map_err(TransportError::from)?;
        let (status, headers) = (response.status(), response.headers().clone());
        tracing::debug!(http.status = status.as_u16(), "the OpenID provider answered");
        if matches!(status.as_u16(), 408 | 429 | 500..) {
            return Err(TransportFailure::Unavailable(status.as_u16()));
        }
        let mut answer = HttpResponse::new(read_bounded(response).await?);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

impl<'c> AsyncHttpClient<'c> for Transport {
    type Error = TransportFailure;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, TransportFailure>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.exchange(request))
    }
}

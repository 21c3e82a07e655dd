//! A browser of the HTTP kind: cookies, redirects, forms; no scripts, and the pages must work without.

use reqwest::header::{LOCATION, ORIGIN};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use url::Url;

use crate::{Form, Page};

/// The most redirects that are followed.
const MAX_HOPS: usize = 20;

/// A person's browser. A second one is another browser, without the first one's cookies.
pub struct Browser {
    client: Client,
}

impl Browser {
    /// A browser without cookies.
    pub fn new() -> Self {
        let builder = Client::builder().cookie_store(true).redirect(Policy::none()).no_proxy();
        Self {
            client: builder
                .timeout(std::time::Duration::from_secs(60))
                .build()
                .expect("a client"),
        }
    }

    /// Opens an address and follows redirects.
    pub async fn get(&self, url: Url) -> Page {
        let page = self.get_once(url).await;
        self.follow(page).await
    }

    /// Opens an address and stays there, whatever it answers.
    pub async fn get_once(&self, url: Url) -> Page {
        Self::send(self.client.get(url)).await
    }

    /// Sends a form as the page's own browser would, and follows redirects.
    pub async fn submit(&self, form: &Form) -> Page {
        let page = self.submit_once(form).await;
        self.follow(page).await
    }

    /// Sends a form and stays at the answer.
    pub async fn submit_once(&self, form: &Form) -> Page {
        Self::send(self.post(form).header(ORIGIN, form.origin.as_str())).await
    }

    /// Sends a form from another site's page, and follows redirects.
    pub async fn submit_from(&self, form: &Form, origin: &str) -> Page {
        let page = Self::send(self.post(form).header(ORIGIN, origin)).await;
        self.follow(page).await
    }

    /// Follows the redirects of an answer.
    pub async fn follow(&self, mut page: Page) -> Page {
        let mut hops = page.hops.clone();
        while let Some(next) = page.location() {
            assert!(hops.len() < MAX_HOPS, "too many redirects: {hops:?}");
            page = self.get_once(next.clone()).await;
            hops.push(next);
        }
        page.hops = hops;
        page
    }

    fn post(&self, form: &Form) -> RequestBuilder {
        self.client.post(form.action.clone()).form(&form.fields)
    }

    async fn send(request: RequestBuilder) -> Page {
        let response = request.send().await.expect("an answer");
        Self::page(response).await
    }

    async fn page(response: Response) -> Page {
        let (url, status, headers) = (
            response.url().clone(),
            response.status().as_u16(),
            response.headers().clone(),
        );
        let location = headers
            .get(LOCATION)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let text = response.text().await.expect("a body");
        Page {
            hops: vec![url.clone()],
            url,
            status,
            headers,
            location,
            text,
        }
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

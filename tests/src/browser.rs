//! A browser of the HTTP kind: cookies, redirects, forms; no scripts, and the pages must work without.

use std::sync::Arc;

use reqwest::cookie::{CookieStore as _, Jar};
use reqwest::header::{LOCATION, ORIGIN};
use reqwest::multipart::{Form as Parts, Part};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use url::Url;

use crate::{Form, Page};

/// The most redirects that are followed.
const MAX_HOPS: usize = 20;

/// A person's browser. A second one is another browser, without the first one's cookies.
pub struct Browser {
    client: Client,
    cookies: Arc<Jar>,
}

impl Browser {
    /// A browser without cookies.
    pub fn new() -> Self {
        let cookies = Arc::new(Jar::default());
        let builder = Client::builder()
            .cookie_provider(cookies.clone())
            .redirect(Policy::none())
            .no_proxy()
            // A host that was started again under the same address knows no connection to the one before.
            .pool_max_idle_per_host(0)
            .resolve(crate::SECOND_NAME, crate::LOOPBACK);
        Self {
            cookies,
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

    /// The same, where the host may be killed meanwhile: none when there was no answer.
    pub async fn submit_to_the_end(&self, form: &Form) -> Option<Page> {
        let response = self.post(form).header(ORIGIN, form.origin.as_str()).send().await.ok()?;
        Some(Self::page(response).await)
    }

    /// Sends a form with files (the field, the file's name, its bytes) as the page's own browser would, and follows redirects.
    pub async fn upload(&self, form: &Form, files: &[(&str, &str, &[u8])]) -> Page {
        let chosen = |name: &str| files.iter().any(|(field, _, _)| *field == name);
        let mut parts = Parts::new();
        for (name, value) in form.fields.iter().filter(|(name, _)| !chosen(name)) {
            parts = parts.text(name.clone(), value.clone());
        }
        for (name, file, bytes) in files {
            let part = Part::bytes(bytes.to_vec()).file_name((*file).to_owned());
            parts = parts.part((*name).to_owned(), part);
        }
        let request = self.client.post(form.action.clone()).multipart(parts);
        let page = Self::send(request.header(ORIGIN, form.origin.as_str())).await;
        self.follow(page).await
    }

    /// Sends a form from another site's page, and follows redirects.
    pub async fn submit_from(&self, form: &Form, origin: &str) -> Page {
        let page = Self::send(self.post(form).header(ORIGIN, origin)).await;
        self.follow(page).await
    }

    /// Sends a form with these headers and no others of a browser's, and stays at the answer.
    pub async fn submit_with(&self, form: &Form, headers: &[(&str, &str)]) -> Page {
        Self::send(Self::with_headers(self.post(form), headers)).await
    }

    /// Sends any request, and stays at the answer.
    pub async fn request(&self, method: &str, url: Url, headers: &[(&str, &str)], body: Vec<u8>) -> Page {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        Self::send(Self::with_headers(self.client.request(method, url).body(body), headers)).await
    }

    /// A cookie that would be sent to an address.
    pub fn cookie(&self, url: &Url, name: &str) -> Option<String> {
        let header = self.cookies.cookies(url)?;
        let cookies = header.to_str().expect("cookies are text").split("; ");
        cookies
            .filter_map(|cookie| cookie.split_once('='))
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value.to_owned())
    }

    /// Puts a cookie into the browser as if the address had set it: what a thief or a neighbouring host can do.
    pub fn plant(&self, url: &Url, name: &str, value: &str) {
        self.cookies.add_cookie_str(&format!("{name}={value}; Path=/"), url);
    }

    /// Follows the redirects of an answer up to the one that leads to an origin, and gives back that address unopened.
    pub async fn follow_until(&self, mut page: Page, origin: &Url) -> Url {
        for _ in 0..MAX_HOPS {
            let next = page
                .location()
                .unwrap_or_else(|| panic!("no redirect at {}:\n{}", page.url, page.text));
            if next.origin() == origin.origin() {
                return next;
            }
            page = self.get_once(next).await;
        }
        panic!("too many redirects, the last to {}", page.url);
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

    fn with_headers(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value))
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

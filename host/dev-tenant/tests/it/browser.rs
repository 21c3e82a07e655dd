//! A browser without a screen: cookies by host and path, redirects within the tenant and its providers, forms as they stand in the page.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use scraper::{Html, Selector};
use url::Url;

use crate::support::{CALLBACK, CHALLENGE, PASSWORD};

pub struct Browser {
    http: reqwest::Client,
    origin: Url,
    /// Where the providers are, when that is elsewhere.
    pub providers: Option<Url>,
    /// By host, name and path. Ports do not keep cookies apart.
    pub cookies: BTreeMap<(String, String, String), String>,
}

/// Where the browser stands after redirects: a page of the tenant or of a provider, or a redirect that leaves them.
pub struct Landed {
    pub status: u16,
    pub url: Url,
    pub html: String,
    pub headers: reqwest::header::HeaderMap,
}

impl Browser {
    pub fn new(http: reqwest::Client, origin: Url) -> Self {
        Self {
            http,
            origin,
            providers: None,
            cookies: BTreeMap::new(),
        }
    }

    /// `/authorize` of `conjoin-dev` for a code with PKCE, with `more` on top; an empty value takes a parameter out.
    pub fn authorize_url(&self, more: &[(&str, &str)]) -> Url {
        let mut parameters: BTreeMap<&str, &str> = BTreeMap::from([
            ("response_type", "code"),
            ("client_id", "conjoin-dev"),
            ("redirect_uri", CALLBACK),
            ("scope", "openid profile email"),
            ("state", "st"),
            ("nonce", "no"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        parameters.extend(more.iter().copied());
        parameters.retain(|_, value| !value.is_empty());
        let mut url = self.origin.join("authorize").unwrap();
        url.query_pairs_mut().extend_pairs(parameters);
        url
    }

    pub async fn authorize(&mut self, more: &[(&str, &str)]) -> Landed {
        let url = self.authorize_url(more);
        self.open(url).await
    }

    /// Opens a URL and follows redirects as long as they stay in the tenant.
    pub async fn open(&mut self, url: Url) -> Landed {
        self.follow(url, None).await
    }

    /// Posts a form from somewhere else, and follows redirects as long as they stay in the tenant.
    pub async fn post(&mut self, url: Url, fields: &[(String, String)]) -> Landed {
        self.follow(url, Some(fields.to_vec())).await
    }

    /// Submits the form that has a field `field`, with hidden inputs as they stand.
    pub async fn submit(&mut self, page: &Landed, field: &str, values: &[(&str, &str)]) -> Landed {
        let (action, mut fields) = page.form(field);
        fields.extend(
            values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        self.follow(action, Some(fields)).await
    }

    pub async fn enter(&mut self, page: &Landed, username: &str, password: &str) -> Landed {
        self.submit(page, "username", &[("username", username), ("password", password)])
            .await
    }

    /// From `/authorize` through one sign-in form.
    pub async fn sign_in(&mut self, username: &str, more: &[(&str, &str)]) -> Landed {
        let page = self.authorize(more).await;
        assert!(
            page.html.contains("name=\"password\""),
            "no sign-in form at {}",
            page.url
        );
        self.enter(&page, username, PASSWORD).await
    }

    async fn follow(&mut self, mut url: Url, mut form: Option<Vec<(String, String)>>) -> Landed {
        for _ in 0..10 {
            let request = match form.take() {
                None => self.http.get(url.clone()),
                Some(fields) => self.http.post(url.clone()).form(&fields),
            };
            let response = request.header(COOKIE, self.cookie_header(&url)).send().await.unwrap();
            self.keep_cookies(&url, &response);
            let status = response.status().as_u16();
            let headers = response.headers().clone();
            match headers
                .get(LOCATION)
                .map(|location| url.join(location.to_str().unwrap()).unwrap())
            {
                Some(next) if self.stays_in(&next) => url = next,
                Some(next) => {
                    return Landed {
                        status,
                        url: next,
                        html: String::new(),
                        headers,
                    };
                }
                None => {
                    return Landed {
                        status,
                        url,
                        html: response.text().await.unwrap(),
                        headers,
                    };
                }
            }
        }
        panic!("too many redirects, the last to {url}");
    }

    fn stays_in(&self, url: &Url) -> bool {
        let mut known = std::iter::once(&self.origin).chain(&self.providers);
        known.any(|known| known.origin() == url.origin())
    }

    fn cookie_header(&self, url: &Url) -> String {
        let sent = self
            .cookies
            .iter()
            .filter(|((host, _, path), _)| url.host_str() == Some(host) && url.path().starts_with(path.as_str()));
        sent.map(|((_, name, _), value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    fn keep_cookies(&mut self, url: &Url, response: &reqwest::Response) {
        let host = url.host_str().unwrap();
        for header in response.headers().get_all(SET_COOKIE) {
            let text = header.to_str().unwrap();
            let (pair, attributes) = text.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let path = attributes
                .split(';')
                .find_map(|attribute| attribute.trim().strip_prefix("Path="))
                .unwrap();
            let key = (host.to_owned(), name.to_owned(), path.to_owned());
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(&key);
            } else {
                self.cookies.insert(key, value.to_owned());
            }
        }
    }
}

impl Landed {
    /// A parameter of the answer to the client: of the query, or of the fragment.
    pub fn parameter(&self, name: &str) -> String {
        self.find(name)
            .unwrap_or_else(|| panic!("no {name} at {} {}", self.url, self.html))
    }

    pub fn find(&self, name: &str) -> Option<String> {
        let text = self.url.fragment().or(self.url.query()).unwrap_or_default();
        url::form_urlencoded::parse(text.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The action and the hidden fields of the form that has a field of this name.
    pub fn form(&self, field: &str) -> (Url, Vec<(String, String)>) {
        let document = Html::parse_document(&self.html);
        let forms = Selector::parse("form").unwrap();
        let wanted = Selector::parse(&format!("[name=\"{field}\"]")).unwrap();
        let hidden = Selector::parse("input[type=hidden]").unwrap();
        let form = document
            .select(&forms)
            .find(|form| form.select(&wanted).next().is_some());
        let form = form.unwrap_or_else(|| panic!("no form with {field} at {}: {}", self.url, self.html));
        let action = form
            .value()
            .attr("action")
            .map_or_else(|| self.url.clone(), |action| self.url.join(action).unwrap());
        let value = |input: &scraper::ElementRef<'_>, name| input.value().attr(name).unwrap_or_default().to_owned();
        (
            action,
            form.select(&hidden)
                .map(|input| (value(&input, "name"), value(&input, "value")))
                .collect(),
        )
    }

    pub fn text(&self, selector: &str) -> String {
        let document = Html::parse_document(&self.html);
        let selector = Selector::parse(selector).unwrap();
        document
            .select(&selector)
            .next()
            .map(|element| element.text().collect())
            .unwrap_or_default()
    }
}

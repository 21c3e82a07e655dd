//! An answer as a person and a test see it.

use reqwest::header::HeaderMap;
use scraper::{ElementRef, Html, Selector};
use url::Url;

/// Where a browser is.
pub struct Page {
    /// The address of this answer.
    pub url: Url,
    /// Its HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its text, as it came.
    pub text: String,
    /// Every address on the way here, this one last.
    pub hops: Vec<Url>,
    pub(crate) location: Option<String>,
}

/// A form as its page gives it, to fill in and send.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it goes.
    pub action: Url,
    /// The origin of the page it is on.
    pub origin: String,
    /// Names and values, hidden ones included.
    pub fields: Vec<(String, String)>,
}

impl Page {
    /// Where a redirect leads.
    pub fn location(&self) -> Option<Url> {
        let location = self.location.as_deref().filter(|_| (300..400).contains(&self.status))?;
        Some(self.url.join(location).expect("a location is an address"))
    }

    /// The texts of the elements that a selector matches.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.each(selector, |element| {
            element
                .text()
                .collect::<String>()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
    }

    /// The value of an attribute of each element that a selector matches.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        self.each(selector, |element| element.attr(name).unwrap_or_default().to_owned())
    }

    /// `data-page` of the body: which page this is.
    pub fn name(&self) -> String {
        self.attributes("body", "data-page").pop().unwrap_or_default()
    }

    /// `data-message` of an error or end page.
    pub fn message(&self) -> String {
        self.attributes("main", "data-message").pop().unwrap_or_default()
    }

    /// What a person reads.
    pub fn readable(&self) -> String {
        self.texts("body").join(" ")
    }

    /// The first form in an element that a selector matches, or that itself is one.
    pub fn form(&self, selector: &str) -> Form {
        self.forms(selector)
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no form {selector} at {}:\n{}", self.url, self.text))
    }

    /// Every form that a selector matches, or that is in what it matches.
    pub fn forms(&self, selector: &str) -> Vec<Form> {
        let forms = format!("form:is({selector}), :is({selector}) form");
        self.each(&forms, |form| {
            let field = Selector::parse("input[name], button[name], textarea[name]").expect("a selector");
            let fields = form.select(&field).map(|input| {
                let typed = || input.text().collect::<String>();
                (
                    input.attr("name").unwrap_or_default().to_owned(),
                    input.attr("value").map_or_else(typed, str::to_owned),
                )
            });
            Form {
                action: self
                    .url
                    .join(form.attr("action").unwrap_or_default())
                    .expect("an action is an address"),
                origin: self.url.origin().ascii_serialization(),
                fields: fields.collect(),
            }
        })
    }

    fn each<T>(&self, selector: &str, of: impl Fn(ElementRef<'_>) -> T) -> Vec<T> {
        let document = Html::parse_document(&self.text);
        let selector = Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"));
        document.select(&selector).map(of).collect()
    }
}

impl Form {
    /// The same form with a field filled in, or added.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A field's value.
    pub fn value(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map_or("", |(_, value)| value)
    }
}

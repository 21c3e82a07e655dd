use serde::Deserialize;
use thiserror::Error;
use url::Url;

/// An allowed URL. As in Auth0 it is compared whole; a port written `*` matches any port, which Auth0 does not offer and development needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct UrlPattern {
    url: Url,
    any_port: bool,
}

/// The text is not a URL.
#[derive(Debug, Error)]
#[error("{0:?} is not an absolute URL")]
pub struct InvalidPattern(String);

impl TryFrom<String> for UrlPattern {
    type Error = InvalidPattern;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let without_port = text.replacen(":*", "", 1);
        let any_port = without_port != text;
        let url = Url::parse(&without_port).map_err(|_| InvalidPattern(text))?;
        Ok(Self { url, any_port })
    }
}

impl UrlPattern {
    /// Whether `url` is allowed. A fragment never is.
    #[must_use]
    pub fn matches(&self, url: &Url) -> bool {
        let mut url = url.clone();
        // `set_port` fails for URLs that cannot have one; those differ from the pattern anyway.
        if self.any_port && url.set_port(None).is_err() {
            return false;
        }
        url == self.url
    }

    /// Whether an origin is the one that the allowed URL is of.
    #[must_use]
    pub fn is_of_origin(&self, origin: &Url) -> bool {
        let mut root = self.clone();
        root.url.set_path("/");
        root.url.set_query(None);
        root.matches(origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_starred_port_frees_the_port_and_nothing_else() {
        let pattern = UrlPattern::try_from("http://localhost:*/callback".to_owned()).unwrap();
        let matches = |url: &str| pattern.matches(&Url::parse(url).unwrap());
        assert!(matches("http://localhost:3000/callback"));
        assert!(matches("http://localhost/callback"));
        for other in [
            "https://localhost:3000/callback",
            "http://localhost:3000/callback/",
            "http://localhost:3000/callback?x=1",
            "http://localhost:3000/callback#x",
            "http://localhost.evil.example:3000/callback",
            "http://user@localhost:3000/callback",
        ] {
            assert!(!matches(other), "{other}");
        }
    }

    #[test]
    fn a_root_matches_with_and_without_its_slash() {
        let pattern = UrlPattern::try_from("http://localhost:*/".to_owned()).unwrap();
        assert!(pattern.matches(&Url::parse("http://localhost:3000").unwrap()));
    }
}

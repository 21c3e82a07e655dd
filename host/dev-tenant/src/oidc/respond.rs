use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value};
use url::Url;

use crate::pages::{FormPostPage, WebMessagePage, framed, html};

/// How parameters travel back to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of a redirect.
    Query,
    /// In the fragment of a redirect.
    Fragment,
    /// As a form that the browser posts.
    FormPost,
    /// As a message of the page to the window that opened or embeds it.
    WebMessage,
}

/// Where an authorization response goes. Only built for a redirect URI that the client's allow-list holds.
#[derive(Clone)]
pub struct Responder {
    /// The client's callback.
    pub redirect_uri: Url,
    /// As the client wrote it: the token request has to repeat it exactly.
    pub redirect_text: String,
    /// How to answer.
    pub mode: ResponseMode,
    /// Given back unchanged.
    pub state: Option<String>,
}

impl Responder {
    /// Answers with parameters; `state` is added.
    #[must_use]
    pub fn respond(&self, mut parameters: Vec<(&'static str, String)>) -> Response {
        if let Some(state) = &self.state {
            parameters.push(("state", state.clone()));
        }
        let mut url = self.redirect_uri.clone();
        match self.mode {
            ResponseMode::Query => {
                url.query_pairs_mut().extend_pairs(&parameters);
                Redirect::to(url.as_str()).into_response()
            }
            ResponseMode::Fragment => {
                let fragment = url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(&parameters)
                    .finish();
                url.set_fragment(Some(&fragment));
                Redirect::to(url.as_str()).into_response()
            }
            ResponseMode::FormPost => html(&FormPostPage {
                action: url.as_str(),
                fields: &parameters,
            }),
            ResponseMode::WebMessage => {
                let origin = url.origin().ascii_serialization();
                let response: Map<String, Value> = parameters
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), Value::String(value)))
                    .collect();
                let page = WebMessagePage {
                    origin: &origin,
                    response: &Value::Object(response).to_string(),
                };
                framed(&page, &origin)
            }
        }
    }

    /// Answers with an error.
    #[must_use]
    pub fn error(&self, error: &str, description: &str) -> Response {
        self.respond(vec![
            ("error", error.to_owned()),
            ("error_description", description.to_owned()),
        ])
    }
}

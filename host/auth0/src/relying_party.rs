//! Signing people in at the tenant: an OpenID Connect relying party (authorization code with PKCE).
//!
//! It answers who signed in, when and how the tenant says so. Whether that is enough for anything is decided elsewhere:
//! freshness, the expected subject and verified addresses are rules of the domain.

mod access_token;
mod authorization;
mod callback;
mod error;
mod id_token;
mod provider;
mod transport;

pub use access_token::Access;
pub use authorization::{Authorization, AuthorizeRequest, PendingAuthorization, Prompt};
pub use callback::{CallbackOutcome, callback_outcome};
pub use error::{AccessTokenProblem, DiscoveryProblem, IdTokenProblem, OidcError};
pub use id_token::SignIn;

use std::sync::Arc;

use openidconnect::core::{CoreClient, CoreJsonWebKeySet};
use openidconnect::{
    AuthorizationCode, ClientId, EndpointMaybeSet, EndpointNotSet, EndpointSet, OAuth2TokenResponse, PkceCodeVerifier,
    RedirectUrl, TokenResponse,
};
use secrecy::SecretString;
use url::Url;

use crate::client_credential::ClientCredential;

use provider::{Metadata, Providers};
use transport::Transport;

/// The application people sign in with.
#[derive(Debug, Clone)]
pub struct RelyingPartyConfig {
    /// The issuer exactly as the tenant's tokens name it, closing slash included: `https://DOMAIN/`.
    pub issuer: Url,
    /// The application's client id.
    pub client_id: String,
    /// How it proves that it is it.
    pub credential: ClientCredential,
}

/// A relying party. Clones share the discovery document and keys, which are fetched when first needed.
#[derive(Clone)]
pub struct RelyingParty {
    inner: Arc<Inner>,
}

struct Inner {
    config: RelyingPartyConfig,
    transport: Transport,
    providers: Providers,
}

/// What the token endpoint answered, not yet validated.
struct Tokens {
    id_token: SecretString,
    access_token: SecretString,
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

impl RelyingParty {
    /// Nothing is sent until the first call; the client comes from [`crate::http_client`].
    pub fn new(config: RelyingPartyConfig, http: reqwest::Client) -> Self {
        let transport = Transport::new(http);
        Self {
            inner: Arc::new(Inner {
                providers: Providers::new(config.issuer.clone(), transport.clone()),
                config,
                transport,
            }),
        }
    }

    /// Where to send the browser, and what to keep on the server until it comes back.
    ///
    /// State, nonce and PKCE verifier are fresh random values in every answer.
    ///
    /// # Errors
    ///
    /// [`OidcError::Unreachable`] or [`OidcError::Discovery`] when the tenant's endpoints cannot be learnt.
    pub async fn authorize(&self, request: &AuthorizeRequest) -> Result<Authorization, OidcError> {
        let provider = self.inner.providers.current().await?;
        Ok(authorization::authorization(&self.client(&provider), request))
    }

    /// Exchanges the code the browser came back with for a validated sign-in.
    ///
    /// A code works once, and so does this call: nothing is repeated but the validation, when the token is signed by a
    /// key that was published since the keys were fetched. The access token is dropped unused.
    ///
    /// # Errors
    ///
    /// [`OidcError::CodeRefused`] when the tenant does not accept the code; [`OidcError::InvalidIdToken`] when what it
    /// answers proves nothing; the rest when it cannot be asked.
    pub async fn exchange(&self, code: &str, pending: &PendingAuthorization) -> Result<SignIn, OidcError> {
        let provider = self.inner.providers.current().await?;
        let tokens = self.fetch_tokens(&provider, code, pending).await?;
        self.signed_in(&provider, &tokens, pending).await
    }

    /// The same where the sign-in was begun for an API ([`AuthorizeRequest::audience`]): with what its access token says.
    ///
    /// # Errors
    ///
    /// As [`RelyingParty::exchange`]; [`OidcError::InvalidAccessToken`] when the token is none for this API, this client and this person.
    pub async fn exchange_for_api(
        &self,
        code: &str,
        pending: &PendingAuthorization,
        audience: &str,
    ) -> Result<(SignIn, Access), OidcError> {
        let provider = self.inner.providers.current().await?;
        let tokens = self.fetch_tokens(&provider, code, pending).await?;
        let sign_in = self.signed_in(&provider, &tokens, pending).await?;
        let expected = access_token::Expected {
            issuer: &self.inner.config.issuer,
            client_id: &self.inner.config.client_id,
            audience,
            subject: &sign_in.subject,
        };
        let validate = |keys: &CoreJsonWebKeySet| Ok(access_token::validate(&tokens.access_token, &expected, keys)?);
        let access = self.validated(&provider, validate).await?;
        Ok((sign_in, access))
    }

    /// Where to send the browser to end the tenant's session: the discovered end-session endpoint, otherwise Auth0's
    /// `/v2/logout`.
    ///
    /// `return_to` must be among the application's allowed logout URLs. The hint is [`SignIn::id_token`].
    ///
    /// # Errors
    ///
    /// As [`RelyingParty::authorize`].
    pub async fn logout_url(&self, return_to: &Url, id_token_hint: Option<&str>) -> Result<Url, OidcError> {
        let provider = self.inner.providers.current().await?;
        let client_id = &self.inner.config.client_id;
        if let Some(endpoint) = &provider.additional_metadata().end_session_endpoint {
            let mut url = endpoint.url().clone();
            url.query_pairs_mut()
                .append_pair("client_id", client_id)
                .append_pair("post_logout_redirect_uri", return_to.as_str())
                .extend_pairs(id_token_hint.map(|hint| ("id_token_hint", hint)));
            return Ok(url);
        }
        let mut url = self.inner.config.issuer.clone();
        url.set_path("/v2/logout");
        url.query_pairs_mut()
            .append_pair("client_id", client_id)
            .append_pair("returnTo", return_to.as_str());
        Ok(url)
    }

    /// What the browser brought back; [`callback_outcome`] for this relying party's issuer.
    pub fn callback_outcome(&self, query: &str) -> CallbackOutcome {
        callback_outcome(query, &self.inner.config.issuer)
    }

    fn client(&self, provider: &Metadata) -> Client {
        let config = &self.inner.config;
        CoreClient::from_provider_metadata(
            provider.clone(),
            ClientId::new(config.client_id.clone()),
            // What proves the client goes into each token request: the library knows secrets, but no assertions.
            None,
        )
    }

    async fn signed_in(
        &self,
        provider: &Arc<Metadata>,
        tokens: &Tokens,
        pending: &PendingAuthorization,
    ) -> Result<SignIn, OidcError> {
        let expected = id_token::Expected {
            issuer: &self.inner.config.issuer,
            client_id: &self.inner.config.client_id,
            nonce: &pending.nonce,
            organization: pending.organization.as_deref(),
        };
        let validate = |keys: &CoreJsonWebKeySet| Ok(id_token::validate(&tokens.id_token, &expected, keys)?);
        self.validated(provider, validate).await
    }

    /// What a validation comes to with the keys that are known, or with newer ones where the token is signed by none of these.
    async fn validated<T>(
        &self,
        provider: &Arc<Metadata>,
        validate: impl Fn(&CoreJsonWebKeySet) -> Result<T, OidcError>,
    ) -> Result<T, OidcError> {
        match validate(provider.jwks()) {
            Err(
                OidcError::InvalidIdToken(IdTokenProblem::UnknownKey)
                | OidcError::InvalidAccessToken(AccessTokenProblem::UnknownKey),
            ) => validate(self.inner.providers.renewed(provider).await?.jwks()),
            ended => ended,
        }
    }

    async fn fetch_tokens(
        &self,
        provider: &Metadata,
        code: &str,
        pending: &PendingAuthorization,
    ) -> Result<Tokens, OidcError> {
        let client = self.client(provider);
        let config = &self.inner.config;
        let proof = config.credential.form(&config.client_id, &config.issuer);
        let proof = proof.map_err(|unsigned| OidcError::Unsigned(unsigned.to_string()))?;
        let mut request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| OidcError::Discovery(DiscoveryProblem::Malformed))?
            .set_redirect_uri(std::borrow::Cow::Owned(RedirectUrl::from_url(
                pending.redirect_uri.clone(),
            )))
            .set_pkce_verifier(PkceCodeVerifier::new(pending.pkce_verifier.clone()));
        for (name, value) in proof {
            request = request.add_extra_param(name, value);
        }
        let answer = request
            .request_async(&self.inner.transport)
            .await
            .map_err(error::token_request)?;
        let token = answer.id_token().ok_or(IdTokenProblem::Missing("id_token"))?;
        Ok(Tokens {
            id_token: SecretString::from(token.to_string()),
            access_token: SecretString::from(answer.access_token().secret().clone()),
        })
    }
}

impl std::fmt::Debug for RelyingParty {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RelyingParty")
            .field("issuer", &self.inner.config.issuer.as_str())
            .finish_non_exhaustive()
    }
}

//! The two sides of an Auth0 tenant that Conjoin talks to: the OpenID provider people sign in at, and the Management
//! API that reads, patches, links and unlinks their accounts.
//!
//! Here lives what is true of every tenant: how requests are built, sent, bounded, retried and decoded, and how an ID
//! token is validated. What a sign-in proves, which accounts may be joined and in which order writes happen does not
//! live here: that is the domain's (`conjoin-linking`). No storage, no pages, no policy.
//!
//! # Reading order
//!
//! 1. [`user_id`]: how accounts and identities are named.
//! 2. [`user`]: an account as the Management API gives it, decoded defensively.
//! 3. [`management`]: the client for it; `management/request.rs` is one call with its retries,
//!    `management/token.rs` the token all calls share, `management/error.rs` what a failed call may have done.
//! 4. [`relying_party`]: signing people in; `relying_party/id_token.rs` and `access_token.rs` are the validation.
//! 5. [`client_credential`]: how our applications prove which they are.
//! 6. [`http`]: the one HTTP client, its timeouts and the bound on every body.

pub mod client_credential;
pub mod http;
pub mod management;
pub mod metadata_patch;
pub mod relying_party;
pub mod user;
pub mod user_id;

pub use client_credential::{ClientCredential, InvalidPrivateKey, PrivateKey};
pub use http::{HttpClientError, HttpTimeouts, TransportError, http_client};
pub use management::{ExportError, Exported, ExportedUser, Management, ManagementConfig, ManagementError, Permit};
pub use metadata_patch::{MetadataPatch, NonEmptyBag};
pub use relying_party::{
    Access, AccessTokenProblem, Authorization, AuthorizeRequest, CallbackOutcome, OidcError, PendingAuthorization,
    Prompt, RelyingParty, RelyingPartyConfig, SignIn, callback_outcome,
};
pub use user::{Identity, User, email_fold};
pub use user_id::{IdentityId, UserId};

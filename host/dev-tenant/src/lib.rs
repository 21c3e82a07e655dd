//! An Auth0-compatible tenant for development, demonstrations and tests: OpenID Connect with simulated providers, and a Management API whose account
//! linking behaves as Auth0's does.
//!
//! Users, identities, links and metadata are real state, in memory; nothing is stubbed. Where Auth0's behaviour is documented or recorded, the tenant
//! does the same; where it is not, the code says "unconfirmed" and takes the reading that is safer for whoever tests against it.
//!
//! May not live here: anything of Conjoin itself. This crate knows no policy, no plan and no journal, and can be used to test any application.
//!
//! Reading order: [`Config`], [`DevTenant`]; then `store` (users and what linking does to them), `oidc` (sign-in and tokens), `management` (the API), and `dev`
//! (what only this tenant has: the log of calls, faults, fixtures, forged tokens, under `/_dev/`). `seed` holds the users below.
//!
//! For whoever tests against it from elsewhere, the crate's `README.md` has the configuration file, every fault and every switch, with examples.
//!
//! # The seeded tenant
//!
//! Clients: `conjoin-dev` (regular web application and Management API client: code, implicit, client credentials, refresh; callbacks `/callback` and
//! `/link/callback` on any port of `localhost` and `127.0.0.1`, also the root, `/logout` and the callbacks after signing out), `conjoin-admin` (code alone; callback `/admin/callback`), `conjoin-m2m` (client credentials), and
//! `conjoin-readonly` (client credentials, `read:users` only); and `conjoin-app`, an application that people sign in to (code; `/callback` on any such port). Each one's
//! secret is its id followed by `-secret`. `conjoin-spa` is public: code with PKCE, rotating refresh tokens, callbacks at the root and `/callback` of any local port.
//!
//! Users; the password of all is `correct-horse`:
//!
//! | user | e-mail address | what it is for |
//! |---|---|---|
//! | `auth0\|ada` | ada@example.com | metadata in both bags: arrays, nested objects; `theme` conflicts with the next |
//! | `google-oauth2\|1001` | ada@example.com | the account to link, with metadata in both bags; younger than `auth0\|ada` |
//! | `github\|1002` | Ada@Example.com | the same address in another case, verified |
//! | `facebook\|1003` | ada@example.com | not verified |
//! | `auth0\|grace` | grace@example.com | alone; has every permission of the API `https://conjoin.example.com/admin` |
//! | `auth0\|linus` | linus@example.com | two other accounts |
//! | `google-oauth2\|2001` | linus@example.com | older than `auth0\|linus` |
//! | `github\|2002` | linus@example.com | younger than `auth0\|linus` |
//! | `auth0\|eve` | eve@example.com | not verified, beside a verified account |
//! | `google-oauth2\|3001` | eve@example.com | that verified account |
//! | `samlp\|acme\|hopper` | hopper@example.com | an id of three parts |
//! | `auth0\|hopper` | hopper@example.com | its counterpart |
//! | `auth0\|mallory` | mallory@example.com | blocked |
//! | `google-oauth2\|4001` | mallory@example.com | its counterpart, not blocked |
//! | `okta\|workforce\|turing` | turing@example.com | provisioned by SCIM: its connection says so |
//! | `auth0\|turing` | turing@example.com | its counterpart |
//! | `auth0\|hamilton` | hamilton@example.com | member of `org_ApolloGuidance01`, with a role and a permission |
//! | `google-oauth2\|5001` | hamilton@example.com | its counterpart, a member too, with another role |
//! | `auth0\|rivest` | rivest@example.com | needs a second factor at every sign-in; the page shows the code |
//! | `google-oauth2\|6001` | rivest@example.com | its counterpart |
//! | `auth0\|hedy` | hedy@example.com | `google-oauth2\|7001` is linked into it already |
//! | `github\|7002` | hedy@example.com | its counterpart |
//! | `github\|8001` | katherine@example.com | the identity's `user_id` is a JSON number |
//! | `auth0\|katherine` | katherine@example.com | its counterpart |
//! | `google-oauth2\|9001` | barbara@example.com | `email_verified` is the string `"true"` |
//! | `auth0\|barbara` | barbara@example.com | its counterpart |
//!
//! # Signing in
//!
//! The password form takes an e-mail address or username of the database. Every other connection leads to a simulated provider with the same form: an
//! e-mail address in any case, or the identity's id, picks the identity. A provider keeps a session of its own; by default it asks for the password all the same, with
//! `silent_upstream` (configuration, or `PUT /_dev/oidc`) it answers at once, as real providers do. An unknown address is an error there; a form of its own is for people
//! who are new, at a provider or (`screen_hint=signup`) at the database. `connection=email` mails a code, which stands in the inbox of the developer's page, `/_dev/`.

mod clock;
mod config;
mod dev;
mod domain;
mod expiring;
mod inbox;
mod keys;
mod management;
mod oidc;
mod pages;
mod rate_limit;
mod seed;
mod server;
mod state;
mod store;
mod tls;

pub use config::{
    Absent, Bucket, Client, Config, ConfigError, Connection, GrantType, Organization, Plan, PostLoginAction, RateLimit,
    Readings, ResourceServer, TlsConfig, UrlPattern,
};
pub use dev::FaultRule;
pub use keys::KeyError;
pub use server::{DevTenant, StartError};
pub use store::FixtureError;
pub use tls::TlsError;

//! Cases: what a policy is given and what it must answer, as JSON files beside it.
//!
//! The format, and nothing else: it is the same for policies in every language, and knows neither a guest library nor the host. The guest library runs cases
//! in the test's own process (`conjoin_guest::cases::run_native`); the host runs them in its engine (`conjoin policy test`). Both complete
//! a case with the defaults below and judge with [`Expectation::check`].
//!
//! A case is one JSON object in a file `cases/<name>.json` beside the policy. `conjoin policy run` reads the same objects, one a line.
//!
//! ```json
//! {
//!   "about": "The primary's items come first.",
//!   "hook": "merge",
//!   "event": { "settings": { "arrays": "concat" } },
//!   "primary": { "user_metadata": { "tags": ["a"] } },
//!   "secondary": { "user_metadata": { "tags": ["b"] } },
//!   "expect": { "result": { "user_metadata": { "tags": ["a", "b"] } }, "discard_user_metadata": [] }
//! }
//! ```
//!
//! | key | for | meaning |
//! |---|---|---|
//! | `hook` | all | `merge` or `select-candidates` |
//! | `about` | all | one sentence for people; optional |
//! | `event` | all | optional, as is each of its keys |
//! | `primary`, `secondary` | `merge` | accounts; each of their keys is optional |
//! | `current`, `found` | `select-candidates` | an account and a list of candidates; each of their keys is optional |
//! | `expect` | all | below; optional in a line, demanded in a file |
//!
//! A key that is there twice counts as its last, as in JavaScript. What is left out has a default:
//!
//! - event: `transaction_id`, `tenant` and `client_id` are `case`, `organization` is null, `now` is
//!   `2026-01-01T00:00:00Z`, `seed` is 32 zeros, `settings` (where the command has no others) and `context` are `{}`.
//! - account: `user_id` is `auth0|primary` for `primary` and `current`, `auth0|secondary` for `secondary`; `email` is
//!   `person@example.com` and `email_verified` true; `created_at` and `last_login` are null, `logins_count` is 0; there is
//!   one identity, of the account's own `user_id`; `profile`, `user_metadata` and `app_metadata` are `{}`. Any other key
//!   goes into `profile`, so a user as Auth0's Management API gives it can be pasted in.
//! - identity: `provider` and `user_id` are those of the account's `user_id`, `connection` is
//!   `Username-Password-Authentication` for the provider `auth0` and else the provider's name, `is_social` (or `isSocial`)
//!   is false, `profile` (or `profileData`) is `{}`.
//! - candidate: as for the secondary, without what a candidate does not have; `connection` and `provider` as for an identity.
//!
//! `expect` is one of
//!
//! - `{"result": {"user_metadata": {…}, "app_metadata": {…}}}`: the primary's bags after the patches; a bag left out must
//!   come out empty. `discard_user_metadata` and `discard_app_metadata` beside `result`, both optional, are the discard
//!   lists in any order. Values are compared as JSON values (`1` is `1.0`).
//! - `{"suggestions": [{"user_id": …, "primary": "current" | "found", "reason": …}]}`, in order; `primary` is `current` and
//!   `reason` is empty by default.
//! - `{"refused": {"code": …, "message": …}}`: the policy's own no. `message` is optional; where it is there, it must be the same.
//! - `{"ended": "broken"}`: the policy says that it broke. In the engine also the name of any other ending.
//!
//! Reading order: `case` (one case), `input` and `types` (what a hook is called with), `expectation` (what it must answer), `keyed` (objects
//! that are no lists), `folder` (a policy's cases).
#![forbid(unsafe_code)]

mod canonical;
mod case;
mod error;
mod expectation;
mod folder;
mod input;
mod keyed;
mod types;

pub use case::Case;
pub use error::{CaseError, FolderError};
pub use expectation::{Expectation, Merged, Mismatch, Outcome};
pub use folder::{CaseFile, MAX_CASES, MAX_FILE_BYTES, folder};
pub use types::{Account, Candidate, Event, Identity, Input, Object, Side, Suggestion};

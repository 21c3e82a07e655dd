//! What a person sees: view structs and the templates they fill. Rendering is all that happens here: nothing is read, decided or written.
//!
//! # Reading order
//! [`shell`] is common to every page. Then in the order of a link: [`home`], [`account`], [`link_review`], [`unlink_review`], [`outcome`]; [`action`] has those of a link that the
//! tenant's Action began; [`message`] is every
//! error and end page, and [`explain`] the one place where the domain's errors become words and HTTP statuses. `text` and `tables` make values readable.
//!
//! What a tenant's team sees is beside its API: [`admin::pages`](crate::admin::pages), on the same stylesheet and under the same rules.
//!
//! # Rules
//! - Pages work without scripts, and under `default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' <issuer> https:; frame-ancestors 'none'; base-uri 'none'`:
//!   no inline style, no script, nothing from elsewhere. [`STYLE`] is the one stylesheet, served at `/assets/style.css`.
//! - Templates escape everything. None uses the `safe` filter.
//! - Every form posts, and carries `csrf_token`, but for `action-return`'s, which goes to the tenant and carries a signed token; that page is under the same policy without `form-action`.
//! - Nothing of an account that has not been proven is in any view struct but [`OfferView`]: a label and a declared text.
//!
//! # What tests may rely on
//! - `body[data-page]`: `home`, `account`, `link-review`, `unlink-review`, `outcome`, `log-out`, `message`, `action-visit`, `action-return`.
//! - Everywhere: `#signed-in`, `#log-out` (link), `#dev-banner`, `#notice[data-tone]`.
//! - `home`: `#sign-in`.
//! - `account`: `#user-id`, `#email[data-verified]`, `#name`, `#connection`, `#user-metadata`, `#app-metadata`, `#offers[data-offers]` (`none`, `unverified`,
//!   `unavailable`, `offers`), in it `[data-offer]` (the label) with a form to `/link` and perhaps `[data-reason]`; `#linked [data-identity]` (`provider|user_id`)
//!   with `data-primary`, and a form to `/unlink` unless it is the account's own.
//! - `link-review`: `#primary[data-user-id]`, `#secondary[data-user-id]`, in each `[data-identity]`; `section[data-bag]`, in it `[data-row]` (`user_metadata/plan`)
//!   with `data-fate` (`kept`, `added`, `merged`, `primary-wins`, `dropped`, `kept-out`, `unstorable`, `removed`) and `data-grants` where `app_metadata` gains,
//!   in it `[data-cell]` (`primary`, `secondary`, `result`, `fate`); `[data-list]` (`discarded`, `kept-out`, `unstorable`) of `li`; `#survivor[data-survivor]`
//!   (`current`, `found`), `#too-large`, `#not-carried`, `#confirm` (form), `#cancel` (link).
//! - `unlink-review`: `#primary[data-user-id]`, `#separated[data-user-id]`, `#nothing-to-restore`, `section[data-restored]` and `section[data-taken-out]` (the bag)
//!   with `[data-row]`, `[data-list=stays]`, `#confirm`, `#cancel`.
//! - `outcome`: `main[data-stage]` (the stage's name), `[data-reference]`, `#back`.
//! - `action-visit`: `[data-offer]` (the label) with a form to `/action/choose`; `#decline` (link). `action-return`: `#continue` (form, to the tenant). `link-review` is the preview of such a link too.
//! - `message`: `main[data-message]` (the constructor's name with hyphens), `#what-happened`, `#nothing-lost`, `#what-to-do`, `#action`, `#reference`.

pub mod account;
pub mod action;
pub mod explain;
pub mod home;
pub mod link_review;
pub mod message;
pub mod outcome;
pub mod shell;
mod tables;
#[cfg(test)]
mod tests;
pub(crate) mod text;
pub mod unlink_review;

pub use account::{Account, AccountView, LinkedIdentity, OfferView, OffersView};
pub use action::{ActionReturn, ActionVisit};
pub use explain::{message_for, message_for_proven};
pub use home::{Home, LogOut};
pub use link_review::LinkReview;
pub use message::{Message, MessageView};
pub use outcome::Outcome;
pub use shell::{Notice, Shell, Tone};
pub use unlink_review::UnlinkReview;

/// The stylesheet, served at `/assets/style.css` as `text/css`.
pub const STYLE: &str = include_str!("../assets/style.css");

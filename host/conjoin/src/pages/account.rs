//! `/user`: the account that is signed in, what may be linked with it, and what already is.

use askama::Template;

use super::text::{Shown, shown_text};
use super::{Notice, Shell};

/// The most characters of one of the account's own bags that are shown.
const MAX_BAG: usize = 20_000;

/// `/user`.
#[derive(Template)]
#[template(path = "account.html")]
pub struct Account<'a> {
    /// Around it.
    pub shell: Shell<'a>,
    /// The account that is signed in.
    pub user: AccountView,
    /// What may be linked with it.
    pub offers: OffersView,
    /// Every way to sign in to it, its own first.
    pub linked: Vec<LinkedIdentity>,
    /// What has just happened.
    pub notice: Option<Notice>,
}

/// The account that is signed in.
pub struct AccountView {
    /// `auth0|ada`.
    pub user_id: String,
    /// As the tenant writes it.
    pub email: Option<String>,
    /// The tenant's word.
    pub email_verified: bool,
    /// What the account calls the person.
    pub name: Option<String>,
    /// The label of the connection of the account's own identity.
    pub connection_label: String,
    /// Pretty JSON of an object.
    pub user_metadata: String,
    /// Pretty JSON of an object.
    pub app_metadata: String,
}

/// What may be linked with the account.
pub enum OffersView {
    /// Nothing. The page says the same whether no other account exists or none may be offered.
    None,
    /// The account's own address is missing or not verified, so nothing was searched for.
    Unverified,
    /// It could not be worked out: the policy or the tenant failed.
    Unavailable,
    /// These, best first.
    Offers(Vec<OfferView>),
}

/// An account that nobody has proven yet. All there is to show of it.
pub struct OfferView {
    /// Opaque, bound to the session; the form's `candidate`.
    pub token: String,
    /// The connection's label.
    pub label: String,
    /// A text that the policy declared when it was uploaded.
    pub reason: Option<String>,
}

/// One way to sign in to the account.
pub struct LinkedIdentity {
    /// The strategy.
    pub provider: String,
    /// Without the provider.
    pub user_id: String,
    /// What a person calls the connection.
    pub connection_label: String,
    /// Whether it is the account's own identity, which cannot be unlinked.
    pub is_primary: bool,
    /// The address in this identity's profile, to tell two of one connection apart.
    pub email: Option<String>,
}

impl Account<'_> {
    fn bags(&self) -> [BagView<'_>; 2] {
        let bag = |id, field, about, json: &str| BagView {
            id,
            field,
            about,
            json: shown_text(json, MAX_BAG),
        };
        [
            bag(
                "user-metadata",
                "user_metadata",
                "Your preferences.",
                &self.user.user_metadata,
            ),
            bag(
                "app-metadata",
                "app_metadata",
                "What applications keep about you.",
                &self.user.app_metadata,
            ),
        ]
    }
}

impl OffersView {
    fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unverified => "unverified",
            Self::Unavailable => "unavailable",
            Self::Offers(_) => "offers",
        }
    }
}

/// One of the account's own bags.
struct BagView<'a> {
    id: &'a str,
    field: &'a str,
    about: &'a str,
    json: Shown,
}

//! What a link will do, for the person to confirm.

use askama::Template;
use conjoin_linking::bag::Bag;
use conjoin_linking::candidates::Side;
use conjoin_linking::plan::{LinkPlan, PlanHash};
use conjoin_linking::record::LinkId;
use conjoin_linking::tenant::Tenant;

use super::tables::{AccountSide, LinkRow, Table, link_rows, listed, side};
use super::text::kilobytes;
use super::{Notice, Shell};

/// `/link/review/{id}` of a planned link. Both accounts are proven by now.
#[derive(Template)]
#[template(path = "link_review.html")]
pub struct LinkReview<'a> {
    /// Around it.
    pub shell: Shell<'a>,
    /// The link.
    pub id: &'a LinkId,
    /// The visit that it belongs to, where the tenant's Action sent the person: they then agree, and go back.
    pub visit: Option<&'a str>,
    /// What the confirmation stands for: `plan`'s hash.
    pub plan_hash: PlanHash,
    /// What will be done.
    pub plan: &'a LinkPlan,
    /// Whose labels the connections are shown with.
    pub tenant: &'a Tenant,
    /// What has just happened.
    pub notice: Option<Notice>,
}

/// One metadata bag of the preview.
struct BagReview {
    field: &'static str,
    table: Table<LinkRow>,
    grants: bool,
    lists: [PathList; 3],
}

/// Keys or paths that do not come along.
struct PathList {
    /// The value of `data-list`.
    name: &'static str,
    title: &'static str,
    paths: Vec<String>,
}

impl LinkReview<'_> {
    fn primary(&self) -> AccountSide {
        side(self.tenant, &self.plan.primary)
    }

    fn secondary(&self) -> AccountSide {
        side(self.tenant, &self.plan.secondary)
    }

    /// Whether the account that the person signed in to first becomes part of the other.
    fn found_survives(&self) -> bool {
        self.plan.survivor == Side::Found
    }

    fn too_large(&self) -> Option<String> {
        self.plan.exceeds_auth0_limit().map(kilobytes)
    }

    fn bags(&self) -> [BagReview; 2] {
        Bag::ALL.map(|bag| self.bag(bag))
    }

    fn bag(&self, bag: Bag) -> BagReview {
        let guarded = self.plan.bag(bag);
        let rows = self.plan.rows(bag);
        let list = |name, title, paths| PathList { name, title, paths };
        BagReview {
            field: bag.field(),
            grants: rows.iter().any(|row| row.grants),
            table: link_rows(bag, rows),
            lists: [
                list(
                    "discarded",
                    "Left behind, as the rules of this service say",
                    listed(guarded.discarded.iter()),
                ),
                list(
                    "kept-out",
                    "Kept out: locked, so linking does not change it",
                    listed(guarded.kept_out.iter()),
                ),
                list(
                    "unstorable",
                    "Left behind: cannot be stored under this name",
                    listed(guarded.unstorable.iter()),
                ),
            ],
        }
    }
}

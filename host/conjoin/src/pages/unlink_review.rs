//! What an unlink will do, for the person to confirm.

use askama::Template;
use conjoin_linking::bag::Bag;
use conjoin_linking::plan::PlanHash;
use conjoin_linking::record::LinkId;
use conjoin_linking::tenant::Tenant;
use conjoin_linking::unlink::UnlinkPlan;

use super::tables::{AccountSide, ChangeRow, Table, change_rows, given_rows, label, places, side};
use super::text::name;
use super::{Notice, Shell};

/// `/link/review/{id}` of a planned unlink.
#[derive(Template)]
#[template(path = "unlink_review.html")]
pub struct UnlinkReview<'a> {
    /// Around it.
    pub shell: Shell<'a>,
    /// The unlink.
    pub id: &'a LinkId,
    /// What the confirmation stands for: `plan`'s hash.
    pub plan_hash: PlanHash,
    /// What will be done.
    pub plan: &'a UnlinkPlan,
    /// Whose labels the connections are shown with.
    pub tenant: &'a Tenant,
    /// What has just happened.
    pub notice: Option<Notice>,
}

/// What happens to one metadata bag.
struct BagReview {
    field: &'static str,
    restored: Table<ChangeRow>,
    taken_out: Table<ChangeRow>,
}

impl UnlinkReview<'_> {
    fn primary(&self) -> AccountSide {
        side(self.tenant, &self.plan.primary)
    }

    fn separated(&self) -> String {
        name(&self.plan.separated())
    }

    fn separated_label(&self) -> String {
        name(label(self.tenant, &self.plan.identity))
    }

    fn bags(&self) -> [BagReview; 2] {
        Bag::ALL.map(|bag| BagReview {
            field: bag.field(),
            restored: given_rows(bag, &self.plan.restored),
            taken_out: change_rows(bag, self.plan.primary.bags.get(bag), self.plan.changes(bag)),
        })
    }

    fn stays(&self) -> Vec<String> {
        places(&self.plan.stays)
    }
}

//! What must hold however a run ended.

use conjoin_auth0::{ManagementError, User, UserId};
use conjoin_linking::bag::{Bag, Bags, Metadata, apply_changes, same_bag};
use conjoin_linking::plan::Snapshot;
use conjoin_linking::record::{Confirmed, Record, Stage};

use crate::proxy::Strike;
use crate::schedule::Side;
use crate::world::World;

/// Both accounts before anything.
pub struct Before {
    pub primary: Snapshot,
    pub secondary: Snapshot,
}

/// A link that has ended: linked with everything merged, or as before; and the journal holds what it should.
pub async fn check_link(world: &World, ended: &Record, before: &Before, strike: &Strike) {
    let now = Now::read(world, strike).await;
    match &ended.stage {
        Stage::Done(work) => {
            linked(&now, work, strike);
            recorded(work, before, strike);
        }
        Stage::RolledBack { work, .. } => {
            now.is_as(&before.primary.bags, &before.secondary.bags, strike);
            recorded(work, before, strike);
        }
        Stage::Refused(_) => now.is_as(&before.primary.bags, &before.secondary.bags, strike),
        other => now.fail(strike, &format!("a link ended {}", other.name())),
    }
}

/// An unlink that has ended: separate with both bags given back, or still linked as it was.
pub async fn check_unlink(world: &World, ended: &Record, link: &Confirmed, before: &Strike, strike: &Strike) {
    let now = Now::read(world, strike).await;
    match &ended.stage {
        Stage::Unlinked(_) => {
            let [primary, secondary] = [&link.plan.primary.bags, &link.plan.secondary.bags];
            let edited = |bag: Bag| {
                let with = overlay(primary.get(bag), bag, Side::Primary, before);
                overlay(&with, bag, Side::Primary, strike)
            };
            for bag in Bag::ALL {
                now.same(strike, "the primary", &now.primary, bag, &edited(bag));
                now.same(
                    strike,
                    "the separated account",
                    now.secondary(strike),
                    bag,
                    &overlay(secondary.get(bag), bag, Side::Secondary, strike),
                );
            }
        }
        Stage::Refused(_) => {
            for bag in Bag::ALL {
                let merged = apply_changes(link.plan.primary.bags.get(bag), &link.plan.bag(bag).changes);
                let with = overlay(&merged, bag, Side::Primary, before);
                now.same(
                    strike,
                    "the primary",
                    &now.primary,
                    bag,
                    &overlay(&with, bag, Side::Primary, strike),
                );
            }
            assert!(
                now.secondary.is_none() && now.primary.identities.len() == 2,
                "{}",
                log(strike)
            );
        }
        other => now.fail(strike, &format!("an unlink ended {}", other.name())),
    }
}

fn linked(now: &Now, work: &Confirmed, strike: &Strike) {
    assert!(now.secondary.is_none(), "the secondary is still there\n{}", log(strike));
    assert_eq!(now.primary.identities.len(), 2, "{}", log(strike));
    for bag in Bag::ALL {
        let merged = apply_changes(work.plan.primary.bags.get(bag), &work.plan.bag(bag).changes);
        now.same(
            strike,
            "the primary",
            &now.primary,
            bag,
            &overlay(&merged, bag, Side::Primary, strike),
        );
    }
    // What someone else wrote over the link's own writes is reported.
    let edits = strike.told.lock().unwrap().edits.clone();
    for (side, bag, key, value) in &edits {
        let bag = if *bag == "user_metadata" { Bag::User } else { Bag::App };
        let written = *side == Side::Primary && work.plan.bag(bag).changes.contains_key(key);
        let reported = || {
            work.kept
                .iter()
                .any(|(kept, path)| *kept == bag && path.split('/').next() == key.split('/').next())
        };
        assert!(
            !written || reported(),
            "{key} ({value}) was kept and not reported: {:?}\n{}",
            work.kept,
            log(strike)
        );
    }
}

/// Everything that either account held before, and what was written to it until the person looked, is in the journal.
fn recorded(work: &Confirmed, before: &Before, strike: &Strike) {
    let accounts = [
        (
            &before.primary,
            &work.plan.primary,
            &work.originals[0].account,
            Side::Primary,
        ),
        (
            &before.secondary,
            &work.plan.secondary,
            &work.originals[1].account,
            Side::Secondary,
        ),
    ];
    for (original, planned, journalled, side) in accounts {
        for bag in Bag::ALL {
            let all = overlay(original.bags.get(bag), bag, side, strike);
            let held = journalled.bags.get(bag);
            assert!(same_bag(held, planned.bags.get(bag)), "{}", log(strike));
            for (key, value) in original.bags.get(bag) {
                assert_eq!(
                    held.get(key),
                    Some(value),
                    "{key} is not in the journal\n{}",
                    log(strike)
                );
            }
            for (key, value) in held {
                let stood = [original.bags.get(bag).get(key), all.get(key)];
                assert!(
                    stood.contains(&Some(value)),
                    "{key} is in the journal and was nowhere\n{}",
                    log(strike)
                );
            }
        }
    }
}

struct Now {
    primary: User,
    secondary: Option<User>,
}

impl Now {
    async fn read(world: &World, strike: &Strike) -> Self {
        let secondary = match world.direct.user(&strike.secondary).await {
            Ok(user) => Some(user),
            Err(ManagementError::NotFound) => None,
            Err(error) => panic!("{error}"),
        };
        Self {
            primary: world.direct.user(&strike.primary).await.unwrap(),
            secondary,
        }
    }

    fn secondary(&self, strike: &Strike) -> &User {
        self.secondary
            .as_ref()
            .unwrap_or_else(|| panic!("{} is gone\n{}", strike.secondary, log(strike)))
    }

    fn is_as(&self, primary: &Bags, secondary: &Bags, strike: &Strike) {
        assert_eq!(self.primary.identities.len(), 1, "{}", log(strike));
        for bag in Bag::ALL {
            self.same(
                strike,
                "the primary",
                &self.primary,
                bag,
                &overlay(primary.get(bag), bag, Side::Primary, strike),
            );
            self.same(
                strike,
                "the secondary",
                self.secondary(strike),
                bag,
                &overlay(secondary.get(bag), bag, Side::Secondary, strike),
            );
        }
    }

    fn same(&self, strike: &Strike, who: &str, user: &User, bag: Bag, expected: &Metadata) {
        let (found, expected) = (Bags::from(user).get(bag).clone(), expected);
        let name: &UserId = &user.user_id;
        assert!(
            same_bag(&found, expected),
            "{who} {name}: {}\nhas    {found:?}\nshould {expected:?}\n{}",
            bag.field(),
            log(strike)
        );
    }

    fn fail(&self, strike: &Strike, what: &str) {
        panic!(
            "{what}; the secondary is there: {}\n{}",
            self.secondary.is_some(),
            log(strike)
        );
    }
}

/// A bag with what someone else wrote over it.
fn overlay(bag: &Metadata, of: Bag, side: Side, strike: &Strike) -> Metadata {
    let mut bag = bag.clone();
    for (edited, field, key, value) in &strike.told.lock().unwrap().edits {
        if *edited == side && *field == of.field() {
            bag.insert(key.clone(), value.clone());
        }
    }
    bag
}

fn log(strike: &Strike) -> String {
    strike.told.lock().unwrap().log.join("\n")
}

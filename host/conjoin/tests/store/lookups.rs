//! Finding links by their accounts and by what they need.

use conjoin_linking::journal::Journal;
use conjoin_linking::record::Record;

use crate::database::{Database, now, tenant};
use crate::records::{at, attention, of_grace, record, rolled_back, unlinked, user, work};

on_both!(
    the_links_of_an_account_are_found_from_either_side,
    what_is_not_settled_is_listed_with_the_oldest_first,
    plain_columns_that_lie_find_nothing,
);

fn ids(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.id.0.as_str()).collect()
}

fn aged(age: i64, record: Record) -> Record {
    Record {
        created_at: now() - age,
        ..record
    }
}

async fn the_links_of_an_account_are_found_from_either_side(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    for record in [
        aged(30, at("old", work("done"))),
        aged(10, at("new", rolled_back())),
        aged(20, at("middle", unlinked())),
        at("hers", of_grace(&work("done"))),
        record("no pair yet"),
    ] {
        store.create(&record).await.unwrap();
    }
    for account in ["auth0|ada", "google-oauth2|1001"] {
        let found = store.links_of(&acme, &user(account), 10).await.unwrap();
        assert_eq!(ids(&found), ["new", "middle", "old"], "{account}");
    }
    assert_eq!(
        ids(&store.links_of(&acme, &user("auth0|ada"), 1).await.unwrap()),
        ["new"]
    );
    assert_eq!(
        store.links_of(&tenant("other"), &user("auth0|ada"), 10).await.unwrap(),
        []
    );
}

async fn what_is_not_settled_is_listed_with_the_oldest_first(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    for record in [
        aged(10, at("new", work("linked"))),
        aged(30, at("old", attention(work("linked")))),
        aged(20, at("put off", work("confirmed")).wait_until(now() + 600)),
        aged(40, at("done", work("done"))),
        aged(40, record("waits")),
    ] {
        store.create(&record).await.unwrap();
    }
    assert_eq!(
        ids(&store.unsettled_links(&acme, 10).await.unwrap()),
        ["old", "put off", "new"]
    );
    assert_eq!(ids(&store.unsettled_links(&acme, 2).await.unwrap()), ["old", "put off"]);
    assert_eq!(store.unsettled_links(&tenant("other"), 10).await.unwrap(), []);
}

async fn plain_columns_that_lie_find_nothing(database: Database) {
    let store = database.store().await;
    let (acme, eve) = (tenant("acme"), user("auth0|eve"));
    store.create(&at("1", work("done"))).await.unwrap();
    let lie = "UPDATE links SET primary_id = 'auth0|eve', phase = 'under_way'";
    assert_eq!(database.alter(lie).await, 1);
    assert_eq!(store.links_of(&acme, &eve, 10).await.unwrap(), []);
    assert_eq!(store.unsettled(&acme, &[&eve]).await.unwrap(), None);
    assert_eq!(store.unsettled_links(&acme, 10).await.unwrap(), []);
}

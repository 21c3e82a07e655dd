//! Links from stage to stage, and decisions.

use conjoin_linking::journal::{Journal, JournalError};
use conjoin_linking::record::{LinkId, Record, Stage};
use sqlx::AssertSqlSafe;
use tokio::task::JoinSet;

use crate::database::{Database, now, tenant};
use crate::records::{PRIVATE, at, attention, decision, joined, of_grace, record, rolled_back, unlinked, user, work};

on_both!(
    a_record_comes_back_as_it_was_kept,
    an_id_is_given_once,
    s29_a_stage_is_stored_only_over_the_one_it_was_made_from,
    s29_of_ten_hosts_that_advance_at_once_one_does,
    s37_a_record_of_one_tenant_is_none_of_another,
    s28_confirmed_links_are_under_way_until_they_end,
    s28_a_link_that_is_put_off_is_not_taken_up_before_it_is_due,
    s28_tenants_with_links_due_are_named_once,
    s28_everything_is_there_after_a_restart,
    a_link_that_is_not_settled_is_found_by_either_account_until_it_is,
    forgetting_leaves_the_order_of_links_as_it_was,
    the_newest_completed_link_of_an_identity_is_found,
    no_metadata_stands_readable,
    decisions_come_back_newest_first,
);

async fn load(journal: &impl Journal, id: &str) -> Option<Record> {
    journal.load(&tenant("acme"), &LinkId(id.to_owned())).await.unwrap()
}

async fn a_record_comes_back_as_it_was_kept(database: Database) {
    let store = database.store().await;
    let kept = record("1");
    store.create(&kept).await.unwrap();
    assert_eq!(load(&store, "1").await, Some(kept));
    assert_eq!(load(&store, "2").await, None);
}

async fn an_id_is_given_once(database: Database) {
    let store = database.store().await;
    let first = record("1");
    store.create(&first).await.unwrap();
    let second = Record {
        session: "another".to_owned(),
        ..first.clone()
    };
    assert!(matches!(store.create(&second).await, Err(JournalError::Conflict)));
    assert_eq!(load(&store, "1").await, Some(first));
}

async fn s29_a_stage_is_stored_only_over_the_one_it_was_made_from(database: Database) {
    let store = database.store().await;
    let first = record("1");
    store.create(&first).await.unwrap();
    let second = first.at(work("confirmed"));
    store.advance(&second).await.unwrap();
    assert!(matches!(
        store.advance(&first.at(Stage::Expired)).await,
        Err(JournalError::Conflict)
    ));
    assert!(matches!(store.advance(&second).await, Err(JournalError::Conflict)));
    assert!(matches!(
        store.advance(&second.at(Stage::Expired).at(Stage::Expired)).await,
        Err(JournalError::Conflict)
    ));
    assert!(matches!(
        store.advance(&record("unknown").at(Stage::Expired)).await,
        Err(JournalError::Conflict)
    ));
    assert_eq!(load(&store, "1").await, Some(second));
}

async fn s29_of_ten_hosts_that_advance_at_once_one_does(database: Database) {
    let store = database.store().await;
    let first = record("1");
    store.create(&first).await.unwrap();
    let mut hosts = JoinSet::new();
    for host in 0..10 {
        let (store, next) = (
            store.clone(),
            Record {
                session: format!("{host}"),
                ..first.at(work("confirmed"))
            },
        );
        hosts.spawn(async move { store.advance(&next).await.map(|()| next) });
    }
    let (won, lost): (Vec<_>, Vec<_>) = hosts.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(
        lost.iter()
            .all(|outcome| matches!(outcome, Err(JournalError::Conflict))),
        "{lost:?}"
    );
    assert_eq!(load(&store, "1").await.unwrap(), *won[0].as_ref().unwrap());
}

async fn s37_a_record_of_one_tenant_is_none_of_another(database: Database) {
    let store = database.store().await;
    let other = tenant("other");
    store.create(&at("1", work("done"))).await.unwrap();
    store.create(&at("2", work("linked"))).await.unwrap();
    assert_eq!(store.load(&other, &LinkId("1".to_owned())).await.unwrap(), None);
    assert_eq!(store.under_way(&other).await.unwrap(), []);
    assert_eq!(
        store
            .link_that_joined(&other, &user("auth0|ada"), &joined())
            .await
            .unwrap(),
        None
    );
    let theirs = Record {
        tenant: other,
        ..record("1").at(Stage::Expired)
    };
    assert!(matches!(store.advance(&theirs).await, Err(JournalError::Conflict)));
}

async fn s28_confirmed_links_are_under_way_until_they_end(database: Database) {
    let store = database.store().await;
    for (id, stage) in [
        ("1", work("confirmed")),
        ("2", work("metadata_written")),
        ("3", work("linked")),
    ] {
        store.create(&at(id, stage)).await.unwrap();
    }
    for (id, stage) in [("4", work("done")), ("5", rolled_back()), ("6", Stage::Expired)] {
        store.create(&at(id, stage)).await.unwrap();
    }
    store.create(&record("7")).await.unwrap();
    let under_way = |records: Vec<Record>| {
        let mut ids: Vec<_> = records.into_iter().map(|record| record.id.0).collect();
        ids.sort();
        ids
    };
    assert_eq!(
        under_way(store.under_way(&tenant("acme")).await.unwrap()),
        ["1", "2", "3"]
    );
    store
        .advance(&at("1", work("confirmed")).at(rolled_back()))
        .await
        .unwrap();
    store.advance(&record("7").at(work("confirmed"))).await.unwrap();
    assert_eq!(
        under_way(store.under_way(&tenant("acme")).await.unwrap()),
        ["2", "3", "7"]
    );
}

async fn s28_a_link_that_is_put_off_is_not_taken_up_before_it_is_due(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    let first = at("1", work("linked"));
    store.create(&first).await.unwrap();
    let waits = first.wait_until(now() + 600);
    store.advance(&waits).await.unwrap();
    assert_eq!(store.under_way(&acme).await.unwrap(), []);
    assert_eq!(
        store.unsettled(&acme, &[&user("auth0|ada")]).await.unwrap(),
        Some(waits.id.clone()),
        "it is not settled for all that"
    );
    let due = waits.wait_until(now());
    store.advance(&due).await.unwrap();
    assert_eq!(store.under_way(&acme).await.unwrap(), [due]);
}

async fn a_link_that_is_not_settled_is_found_by_either_account_until_it_is(database: Database) {
    let store = database.store().await;
    let (acme, other) = (tenant("acme"), tenant("other"));
    let [ada, google, grace] = ["auth0|ada", "google-oauth2|1001", "auth0|grace"].map(user);
    let mut record = at("1", work("linked"));
    store.create(&record).await.unwrap();
    store.create(&at("2", of_grace(&work("done")))).await.unwrap();
    for stage in [
        work("linked"),
        attention(work("linked")),
        work("confirmed"),
        attention(rolled_back()),
    ] {
        record = record.at(stage);
        store.advance(&record).await.unwrap();
        for account in [&ada, &google] {
            let found = store.unsettled(&acme, &[&grace, account]).await.unwrap();
            assert_eq!(found, Some(record.id.clone()), "{}", record.stage.name());
        }
        assert_eq!(store.unsettled(&acme, &[&grace]).await.unwrap(), None);
        assert_eq!(store.unsettled(&other, &[&ada]).await.unwrap(), None);
    }
    assert_eq!(store.under_way(&acme).await.unwrap(), [], "that is for a person");
    store.advance(&record.at(work("done"))).await.unwrap();
    assert_eq!(store.unsettled(&acme, &[&ada, &google]).await.unwrap(), None);
}

async fn forgetting_leaves_the_order_of_links_as_it_was(database: Database) {
    let store = database.store().await;
    let (acme, ada, google) = (tenant("acme"), user("auth0|ada"), joined());
    let find = || store.link_that_joined(&acme, &ada, &google);
    let first = at("1", work("done"));
    store.create(&first).await.unwrap();
    store.advance(&first.forget().unwrap()).await.unwrap();
    assert_eq!(find().await.unwrap().unwrap().stage.name(), "forgotten");
    let apart = at("2", unlinked());
    store.create(&apart).await.unwrap();
    store.create(&at("3", work("done"))).await.unwrap();
    store.advance(&apart.forget().unwrap()).await.unwrap();
    assert_eq!(find().await.unwrap().unwrap().id.0, "3", "the unlink came before it");
    let last = at("4", unlinked());
    store.create(&last).await.unwrap();
    store.advance(&last.forget().unwrap()).await.unwrap();
    assert_eq!(
        find().await.unwrap(),
        None,
        "it was unlinked, though nobody knows what was"
    );
}

async fn s28_tenants_with_links_due_are_named_once(database: Database) {
    let store = database.store().await;
    for (tenant_name, id, stage) in [
        ("acme", "1", work("confirmed")),
        ("acme", "2", work("linked")),
        ("waiting", "3", record("3").stage),
        ("done", "4", work("done")),
        ("globex", "5", work("confirmed")),
    ] {
        let record = Record {
            tenant: tenant(tenant_name),
            ..at(id, stage)
        };
        store.create(&record).await.unwrap();
    }
    database
        .alter(AssertSqlSafe(format!(
            "UPDATE links SET due_at = {} WHERE tenant = 'globex'",
            now() + 600
        )))
        .await;
    assert_eq!(store.tenants_with_links_due().await.unwrap(), [tenant("acme")]);
}

async fn s28_everything_is_there_after_a_restart(database: Database) {
    let kept = at("1", work("confirmed"));
    database.store().await.create(&kept).await.unwrap();
    let restarted = database.store().await;
    restarted.check().await.unwrap();
    assert_eq!(restarted.under_way(&tenant("acme")).await.unwrap(), [kept]);
}

async fn the_newest_completed_link_of_an_identity_is_found(database: Database) {
    let store = database.store().await;
    let (acme, ada, google) = (tenant("acme"), user("auth0|ada"), joined());
    let find = || store.link_that_joined(&acme, &ada, &google);
    store.create(&at("linked", work("linked"))).await.unwrap();
    assert_eq!(find().await.unwrap(), None);
    store.create(&at("back", rolled_back())).await.unwrap();
    assert_eq!(find().await.unwrap().unwrap().id.0, "back");
    store.create(&at("b-first", work("done"))).await.unwrap();
    store.create(&at("a-second", work("done"))).await.unwrap();
    assert_eq!(find().await.unwrap().unwrap().id.0, "a-second");
    // Completed last, though begun first.
    store
        .advance(&at("linked", work("linked")).at(work("done")))
        .await
        .unwrap();
    assert_eq!(find().await.unwrap().unwrap().id.0, "linked");
    store.create(&at("c-apart", unlinked())).await.unwrap();
    assert_eq!(find().await.unwrap(), None, "it was undone since");
    store.create(&at("d-again", work("done"))).await.unwrap();
    assert_eq!(find().await.unwrap().unwrap().id.0, "d-again");
    let grace = user("auth0|grace");
    assert_eq!(store.link_that_joined(&acme, &grace, &google).await.unwrap(), None);
}

async fn no_metadata_stands_readable(database: Database) {
    let store = database.store().await;
    store.create(&at("1", work("done"))).await.unwrap();
    store.note(&tenant("acme"), &decision(PRIVATE)).await.unwrap();
    let links = "SELECT tenant || id || stage || primary_id || identity || sealed FROM links";
    for secret in [PRIVATE, "ada@example.com", "session"] {
        assert!(!database.shows(links, secret).await, "{secret}");
    }
    assert!(database.shows(links, "google-oauth2|1001").await);
    assert!(
        !database
            .shows("SELECT tenant || id || sealed FROM decisions", PRIVATE)
            .await
    );
}

async fn decisions_come_back_newest_first(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    for message in ["first", "second", "third"] {
        store.note(&acme, &decision(message)).await.unwrap();
    }
    let newest = store.decisions(&acme, 2).await.unwrap();
    let said: Vec<_> = newest
        .iter()
        .map(|decision| decision.record.log.entries[0].message.as_str())
        .collect();
    assert_eq!(said, ["third", "second"]);
    assert_eq!(newest[0].record.fuel, Some(u64::MAX));
    assert_eq!(store.decisions(&acme, 10).await.unwrap().len(), 3);
    assert_eq!(store.decisions(&tenant("other"), 10).await.unwrap().len(), 0);
}

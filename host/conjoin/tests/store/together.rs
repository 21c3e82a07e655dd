//! Many that write at once.

use conjoin_linking::journal::Journal;
use conjoin_linking::record::LinkId;
use tokio::task::JoinSet;

use crate::database::{Database, tenant};
use crate::records::{record, work};

on_both!(fifty_links_that_move_on_at_once_all_do);

async fn fifty_links_that_move_on_at_once_all_do(database: Database) {
    let stores = [database.store().await, database.store().await];
    let mut links = JoinSet::new();
    for number in 0..50 {
        let store = stores[number % 2].clone();
        links.spawn(async move {
            let first = record(&number.to_string());
            store.create(&first).await?;
            let second = first.at(work("confirmed"));
            store.advance(&second).await?;
            store.advance(&second.at(work("linked"))).await
        });
    }
    for moved in links.join_all().await {
        moved.unwrap();
    }
    let acme = tenant("acme");
    for number in 0..50 {
        let link = stores[0].load(&acme, &LinkId(number.to_string())).await.unwrap();
        assert_eq!(link.unwrap().stage.name(), "linked");
    }
    assert_eq!(stores[1].verify_audit(&acme, &[]).await.unwrap().seq, 150);
}

//! Backups, made while the host runs, and what comes back from them.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use conjoin::store::{Store, StoreError};
use conjoin_linking::journal::Journal;
use conjoin_linking::record::Stage;

use crate::database::{Database, tenant};
use crate::records::{PRIVATE, at, joined, of_grace, record, user, work};

/// Begins links and moves them on until it is told to stop.
async fn keep_writing(store: Store, stop: Arc<AtomicBool>) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let first = record(&format!("{number}"));
        store.create(&first).await.unwrap();
        store.advance(&first.at(of_grace(&work("confirmed")))).await.unwrap();
        number += 1;
    }
}

/// Waits until a trail is longer than this, and says how long it is.
async fn grown(store: &Store, than: i64) -> i64 {
    for _ in 0..1000 {
        let seq = store.verify_audit(&tenant("acme"), &[]).await.unwrap().seq;
        if seq > than {
            return seq;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nothing is written");
}

/// Fills a database, copies it with `copy` while it is written to, and opens the copy.
async fn copied(database: &Database, copy: impl AsyncFnOnce(&Store) -> Database) -> Database {
    let store = database.store().await;
    store.create(&at("done", work("done"))).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn(keep_writing(store.clone(), stop.clone()));
    let before = grown(&store, 1).await;
    let copy = copy(&store).await;
    grown(&store, before).await;
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    copy
}

async fn is_whole(original: &Database, copy: &Database) {
    let (acme, ada) = (tenant("acme"), user("auth0|ada"));
    let store = copy.store().await;
    let head = store.verify_audit(&acme, &[]).await.unwrap();
    assert!(head.seq > 1);
    let later = original
        .store()
        .await
        .verify_audit(&acme, std::slice::from_ref(&head))
        .await
        .unwrap();
    assert!(later.seq > head.seq, "nothing was written meanwhile");
    let done = store.link_that_joined(&acme, &ada, &joined()).await.unwrap().unwrap();
    let Stage::Done(work) = done.stage else {
        panic!("{done:?}");
    };
    assert_eq!(work.originals[1].profile["city"], PRIVATE);
    // It goes on from there.
    store.create(&record("new")).await.unwrap();
    store.verify_audit(&acme, &[head]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_of_sqlite_made_during_writes_is_whole() {
    let database = Database::sqlite();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("it's a copy.db");
    let copy = copied(&database, async |store| {
        store.back_up(&file).await.unwrap();
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        database.of_file(&file)
    })
    .await;
    is_whole(&database, &copy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_that_is_there_is_not_overwritten() {
    let database = Database::sqlite();
    let store = database.store().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    std::fs::write(&file, "precious").unwrap();
    let nowhere = folder.path().join("no such folder/copy.db");
    for path in [&file, &nowhere] {
        let refused = store.back_up(path).await;
        assert!(matches!(refused, Err(StoreError::Backup(_))), "{refused:?}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dump_of_postgres_made_during_writes_is_whole() {
    let database = Database::postgres().await;
    let copy = copied(&database, async |_| database.restored_dump().await).await;
    is_whole(&database, &copy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_says_what_backs_it_up() {
    let database = Database::postgres().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    let error = database.store().await.back_up(&file).await.unwrap_err();
    assert!(error.to_string().contains("pg_dump"), "{error}");
    assert!(!file.exists());
}

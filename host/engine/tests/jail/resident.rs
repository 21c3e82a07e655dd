//! Policies whose code goes from memory when others need the room, and is had again.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use conjoin_engine::{ArtifactCache, Description, Ending, Engine, EngineConfig, Limits, Policy, PolicyDigest, Source};
use tempfile::TempDir;

use crate::built;
use crate::jailed::jail;

/// A source that counts how often it was asked.
fn counted(component: Vec<u8>) -> (Source, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let source: Source = Arc::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(component.clone())
    });
    (source, asked)
}

fn nothing() -> Source {
    Arc::new(|| Err("the database is away".to_owned()))
}

fn engine(folder: &Path, code_bytes: u64) -> Engine {
    let cache = ArtifactCache::open(folder, &[1; 32], 64 << 20).unwrap();
    Engine::new(
        EngineConfig::default()
            .slots(4)
            .cache(cache)
            .jail(jail())
            .code_bytes(code_bytes),
    )
    .unwrap()
}

fn empty(folder: &Path) {
    for file in fs::read_dir(folder).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
}

fn describe(policy: &Policy) -> Result<Description, Ending> {
    policy.describe_anew(&Limits::default()).outcome
}

/// A folder with the code of the hostile guest in it, and what that says of itself.
fn known() -> (TempDir, PolicyDigest, Description) {
    let folder = tempfile::tempdir().unwrap();
    let policy = engine(folder.path(), 0).load(built::hostile()).unwrap();
    let (digest, description) = (*policy.digest(), policy.description().clone());
    (folder, digest, description)
}

#[test]
fn what_fits_stays_and_what_does_not_is_had_again() {
    for (code_bytes, asked_at_last) in [(64 << 20, 0), (0, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(folder.path(), code_bytes);
        let (source, asked) = counted(built::hostile().to_vec());
        let policy = engine.load_with_source(built::hostile(), source).unwrap();
        describe(&policy).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 0, "the cache has it");
        empty(folder.path());
        assert_eq!(&describe(&policy).unwrap(), policy.description());
        assert_eq!(asked.load(Ordering::SeqCst), asked_at_last, "{code_bytes}");
        describe(&policy).unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), asked_at_last, "it is in the cache again");
    }
}

#[test]
fn a_policy_that_is_known_is_loaded_when_it_is_called() {
    let (folder, digest, description) = known();
    let engine = engine(folder.path(), 64 << 20);
    let policy = engine.known(digest, description.clone(), nothing());
    assert_eq!((policy.digest(), policy.description()), (&digest, &description));
    assert_eq!(describe(&policy).unwrap(), description);
    // Once it is in memory, nothing else is needed.
    empty(folder.path());
    assert_eq!(describe(&policy).unwrap(), description);
}

#[test]
fn what_the_cache_keeps_it_says() {
    let (folder, digest, _) = known();
    let engine = engine(folder.path(), 64 << 20);
    assert!(engine.keeps(&digest));
    assert!(!engine.keeps(&PolicyDigest::of(b"another")));
    empty(folder.path());
    assert!(!engine.keeps(&digest));
    let without = Engine::new(EngineConfig::default().slots(1)).unwrap();
    assert!(!without.keeps(&digest));
}

#[test]
fn code_that_was_damaged_meanwhile_is_made_again() {
    let (folder, digest, description) = known();
    let engine = engine(folder.path(), 64 << 20);
    let (source, asked) = counted(built::hostile().to_vec());
    let policy = engine.known(digest, description.clone(), source);
    for file in fs::read_dir(folder.path()).unwrap() {
        fs::write(file.unwrap().path(), "nonsense").unwrap();
    }
    assert_eq!(describe(&policy).unwrap(), description);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn code_that_is_nowhere_is_the_hosts_failure_and_comes_back_with_its_source() {
    let (folder, digest, description) = known();
    let engine = engine(folder.path(), 64 << 20);
    let away = Arc::new(AtomicUsize::new(1));
    let still = away.clone();
    let source: Source = Arc::new(move || match still.load(Ordering::SeqCst) {
        0 => Ok(built::hostile().to_vec()),
        _ => Err("the database is away".to_owned()),
    });
    let policy = engine.known(digest, description.clone(), source);
    empty(folder.path());
    let ended = describe(&policy).unwrap_err();
    assert!(
        matches!(&ended, Ending::Internal(why) if why.contains("the database is away")),
        "{ended:?}"
    );
    away.store(0, Ordering::SeqCst);
    assert_eq!(describe(&policy).unwrap(), description);
}

#[test]
fn another_component_than_the_one_that_was_known_is_not_run() {
    let (folder, digest, description) = known();
    let engine = engine(folder.path(), 64 << 20);
    let (source, _) = counted([built::hostile(), &[0, 2, 1, b'x']].concat());
    let policy = engine.known(digest, description, source);
    empty(folder.path());
    let ended = describe(&policy).unwrap_err();
    assert!(
        matches!(&ended, Ending::Internal(why) if why.contains("another one")),
        "{ended:?}"
    );
}

#[test]
fn however_many_call_at_once_it_is_loaded_once() {
    let (folder, digest, description) = known();
    let engine = engine(folder.path(), 64 << 20);
    let (source, asked) = counted(built::hostile().to_vec());
    let policy = engine.known(digest, description.clone(), source);
    empty(folder.path());
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| describe(&policy))).collect();
        for call in calls {
            assert_eq!(call.join().unwrap().unwrap(), description);
        }
    });
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

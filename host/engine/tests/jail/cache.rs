//! Compiled code is kept, authenticated, bounded, and made again where anything is wrong with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use conjoin_engine::{ArtifactCache, Engine, EngineConfig, Jail};
use tempfile::TempDir;

use crate::built;
use crate::jailed::jail;

const KEY: [u8; 32] = [1; 32];
const BYTES: u64 = 64 << 20;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn cached(config: EngineConfig, folder: &Path, key: [u8; 32], bytes: u64) -> Engine {
    let cache = ArtifactCache::open(folder, &key, bytes).unwrap();
    Engine::new(config.slots(1).cache(cache)).unwrap()
}

/// An engine that can compile.
fn compiling(folder: &Path) -> Engine {
    cached(EngineConfig::default().jail(jail()), folder, KEY, BYTES)
}

/// An engine that cannot, so that what it loads came from the cache.
fn loading(folder: &Path) -> Engine {
    let nobody = EngineConfig::default().jail(Jail::new("/nonexistent"));
    cached(nobody, folder, KEY, BYTES)
}

/// The files of a cache.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// The same policy under another digest.
fn version(number: u8) -> Vec<u8> {
    [built::hostile(), &[0, 2, 1, number]].concat()
}

fn kept(folder: &Path) -> PathBuf {
    compiling(folder).load(built::hostile()).unwrap();
    let files = files(folder);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

/// Damage to a file.
type Change = Box<dyn Fn(&mut Vec<u8>)>;

#[test]
fn what_was_compiled_once_is_loaded_without_compiling() {
    let folder = folder();
    kept(folder.path());
    let policy = loading(folder.path()).load(built::hostile()).unwrap();
    assert_eq!(policy.description().name, "hostile");
    loading(folder.path()).load(&version(1)).unwrap_err();
}

#[test]
fn compiled_in_this_process_or_in_a_child_it_is_the_same_entry() {
    let folder = folder();
    cached(EngineConfig::default(), folder.path(), KEY, BYTES)
        .load(built::hostile())
        .unwrap();
    loading(folder.path()).load(built::hostile()).unwrap();
}

#[test]
fn s35_a_file_that_was_changed_anywhere_is_never_loaded() {
    let folder = folder();
    let file = kept(folder.path());
    let whole = fs::read(&file).unwrap();
    let changes: Vec<Change> = vec![
        Box::new(|bytes| bytes[0] ^= 1),
        Box::new(|bytes| bytes[40] ^= 1),
        Box::new(|bytes| *bytes.last_mut().unwrap() ^= 0x80),
        Box::new(|bytes| bytes.truncate(31)),
        Box::new(|bytes| bytes.truncate(bytes.len() - 1)),
        Box::new(Vec::clear),
        Box::new(|bytes| bytes.push(0)),
    ];
    for change in changes {
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(&file, bytes).unwrap();
        loading(folder.path()).load(built::hostile()).unwrap_err();
        assert!(!file.exists(), "it is discarded");
        kept(folder.path());
        assert_eq!(fs::read(&file).unwrap().len(), whole.len(), "and made again");
    }
}

#[test]
fn s35_code_of_another_component_or_another_host_is_never_loaded() {
    let folder = folder();
    let file = kept(folder.path());
    let other = tempfile::tempdir().unwrap();
    compiling(other.path()).load(&version(1)).unwrap();
    // Authentic, under another entry's name.
    fs::copy(&files(other.path())[0], &file).unwrap();
    loading(folder.path()).load(built::hostile()).unwrap_err();
    // Of the same component, by a host with another key.
    cached(EngineConfig::default(), folder.path(), [2; 32], BYTES)
        .load(built::hostile())
        .unwrap();
    assert!(file.exists());
    loading(folder.path()).load(built::hostile()).unwrap_err();
}

#[test]
fn what_is_no_file_is_left_unopened_and_the_policy_loads_all_the_same() {
    let folder = folder();
    let file = kept(folder.path());
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    compiling(folder.path()).load(built::hostile()).unwrap();
}

#[test]
fn an_engine_with_other_settings_compiles_for_itself() {
    let folder = folder();
    kept(folder.path());
    let other = EngineConfig::default().max_table_elements(19_000).jail(jail());
    cached(other, folder.path(), KEY, BYTES).load(built::hostile()).unwrap();
    assert_eq!(files(folder.path()).len(), 2);
}

#[test]
fn the_least_lately_used_go_when_there_are_too_many_bytes() {
    let folder = folder();
    let bytes = fs::metadata(kept(folder.path())).unwrap().len();
    let engine = cached(EngineConfig::default(), folder.path(), KEY, 2 * bytes + 2_000);
    engine.load(&version(1)).unwrap();
    // Both long ago, and the older one used since.
    for (age, file) in files(folder.path()).iter().enumerate() {
        let past = SystemTime::now() - Duration::from_secs(1_000 + age as u64);
        fs::File::options()
            .append(true)
            .open(file)
            .unwrap()
            .set_modified(past)
            .unwrap();
    }
    engine.load(built::hostile()).unwrap();
    engine.load(&version(2)).unwrap();
    assert_eq!(files(folder.path()).len(), 2);
    loading_again(folder.path(), 2 * bytes + 2_000)
        .load(built::hostile())
        .unwrap();
    loading_again(folder.path(), 2 * bytes + 2_000)
        .load(&version(2))
        .unwrap();
    loading_again(folder.path(), 2 * bytes + 2_000)
        .load(&version(1))
        .unwrap_err();
}

fn loading_again(folder: &Path, bytes: u64) -> Engine {
    cached(
        EngineConfig::default().jail(Jail::new("/nonexistent")),
        folder,
        KEY,
        bytes,
    )
}

#[test]
fn what_is_larger_than_the_cache_is_not_kept() {
    let folder = folder();
    cached(EngineConfig::default(), folder.path(), KEY, 1_000)
        .load(built::hostile())
        .unwrap();
    assert!(files(folder.path()).is_empty());
}

#[test]
fn what_a_killed_host_left_half_written_counts_and_goes_first() {
    let folder = folder();
    let left = folder.path().join("new-abcdef.compiled");
    fs::write(&left, vec![0; 1_000_000]).unwrap();
    let past = SystemTime::now() - Duration::from_secs(1_000);
    fs::File::options()
        .append(true)
        .open(&left)
        .unwrap()
        .set_modified(past)
        .unwrap();
    let stranger = folder.path().join("notes.txt");
    fs::write(&stranger, vec![0; 1_000_000]).unwrap();
    cached(EngineConfig::default(), folder.path(), KEY, 1_000_000)
        .load(built::hostile())
        .unwrap();
    assert!(!left.exists());
    assert!(stranger.exists(), "what is not the cache's own is left alone");
}

#[test]
fn only_this_user_can_look_into_the_folder_and_its_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let inner = folder.path().join("compiled");
    let file = kept(&inner);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&inner), mode(&file)), (0o700, 0o600));
}

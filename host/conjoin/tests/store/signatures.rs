//! Who signed a version: one signature by each key, sealed, and gone with the version.

use conjoin::store::{EncryptionKey, KeyRing, Signed, Store, VersionSignature, VersionState};
use conjoin_engine::PolicyDigest;
use secrecy::SecretString;
use serde_json::json;

use crate::database::{Database, tenant};
use crate::policies::{entry, version};

on_both!(
    a_signature_is_kept_with_its_version_and_goes_with_it,
    what_one_key_signed_no_other_key_replaces,
    a_version_has_sixteen_signatures_at_most,
    a_signature_that_was_altered_is_not_read,
    signatures_are_sealed_anew_with_the_rest,
);

const ADA: &str = "E7620F1842B4E81F";
const BOB: &str = "F7620F1842B4E81F";

fn signature(key: &str, text: &str) -> VersionSignature {
    serde_json::from_value(json!({"key": key, "text": text})).unwrap()
}

async fn sign(store: &Store, digest: &str, signature: &VersionSignature) -> Signed {
    let (acme, entry) = (tenant("acme"), entry("policy.signed"));
    let kept = store.keep_signature(&acme, digest, signature, &entry);
    kept.await.unwrap()
}

async fn signed(store: &Store, digest: &str) -> Vec<VersionSignature> {
    store
        .version(&tenant("acme"), digest)
        .await
        .unwrap()
        .unwrap()
        .signatures
}

async fn a_signature_is_kept_with_its_version_and_goes_with_it(database: Database) {
    let store = database.store().await;
    let digest = version(&store, "a", VersionState::Checked).await;
    assert_eq!(signed(&store, &digest).await, []);
    for text in ["one", "two"] {
        assert_eq!(sign(&store, &digest, &signature(ADA, text)).await, Signed::Now);
    }
    version(&store, "a", VersionState::Uploaded).await;
    assert_eq!(
        signed(&store, &digest).await,
        [signature(ADA, "two")],
        "also when it is checked anew"
    );
    let other = store.version(&tenant("other"), &digest).await.unwrap();
    assert!(other.is_none());
    let unknown = PolicyDigest::of(b"unknown").to_string();
    let one = signature(ADA, "one");
    assert_eq!(sign(&store, &unknown, &one).await, Signed::NotThere);
    for number in 0..50 {
        version(&store, &number.to_string(), VersionState::Failed).await;
    }
    store.tidy().await.unwrap();
    assert!(store.version(&tenant("acme"), &digest).await.unwrap().is_none());
    version(&store, "a", VersionState::Checked).await;
    assert_eq!(signed(&store, &digest).await, [], "it went with the version");
    store
        .revoke(&tenant("acme"), &digest, 0, None, &entry("policy.revoked"))
        .await
        .unwrap();
    assert_eq!(
        sign(&store, &digest, &one).await,
        Signed::NotThere,
        "what is revoked stays as it is"
    );
}

async fn what_one_key_signed_no_other_key_replaces(database: Database) {
    let store = database.store().await;
    let digest = version(&store, "a", VersionState::Checked).await;
    let (ada, bob) = (signature(ADA, "hers"), signature(BOB, "his"));
    for one in [&bob, &ada, &bob] {
        assert_eq!(sign(&store, &digest, one).await, Signed::Now);
    }
    let both = [ada, bob];
    assert_eq!(signed(&store, &digest).await, both);
    let listed = store.versions(&tenant("acme"), None, 10).await.unwrap();
    assert_eq!((listed.len(), &listed[0].0.signatures[..]), (1, &both[..]));
}

async fn a_version_has_sixteen_signatures_at_most(database: Database) {
    let store = database.store().await;
    let digest = version(&store, "a", VersionState::Checked).await;
    let by = |number: u64| signature(&format!("{number:016X}"), "text");
    for number in 0..16 {
        assert_eq!(sign(&store, &digest, &by(number)).await, Signed::Now);
    }
    assert_eq!(sign(&store, &digest, &by(16)).await, Signed::TooMany);
    let again = signature(&format!("{:016X}", 3), "other");
    assert_eq!(
        sign(&store, &digest, &again).await,
        Signed::Now,
        "in the place of its own"
    );
    let all = signed(&store, &digest).await;
    assert_eq!((all.len(), &all[3]), (16, &again));
    let head = store.verify_audit(&tenant("acme"), &[]).await.unwrap();
    assert_eq!(head.seq, 18, "what was not kept is not in the trail");
}

async fn a_signature_that_was_altered_is_not_read(database: Database) {
    let store = database.store().await;
    let (one, other) = (
        version(&store, "a", VersionState::Checked).await,
        version(&store, "b", VersionState::Checked).await,
    );
    let (own, bobs, others) = (signature(ADA, "one"), signature(BOB, "one"), signature(ADA, "other"));
    for (digest, signature) in [(&one, &own), (&one, &bobs), (&other, &others)] {
        assert_eq!(sign(&store, digest, signature).await, Signed::Now);
    }
    // That of another version, which the same key signed.
    let exchanged = format!(
        "UPDATE policy_signatures SET sealed = (SELECT sealed FROM policy_signatures WHERE digest = '{other}')
         WHERE digest = '{one}' AND key_id = '{ADA}'"
    );
    assert_eq!(database.alter(sqlx::AssertSqlSafe(exchanged)).await, 1);
    assert_eq!(
        signed(&store, &one).await,
        std::slice::from_ref(&bobs),
        "and takes nothing from another key's"
    );
    // Passed off as another key's.
    let moved = format!("UPDATE policy_signatures SET key_id = '{BOB}' WHERE digest = '{other}'");
    assert_eq!(database.alter(sqlx::AssertSqlSafe(moved)).await, 1);
    assert_eq!(signed(&store, &other).await, []);
    let cut = format!("UPDATE policy_signatures SET sealed = ' ,' WHERE digest = '{other}'");
    assert_eq!(database.alter(sqlx::AssertSqlSafe(cut)).await, 1);
    assert_eq!(signed(&store, &other).await, []);
    // The same signature once more mends it.
    assert_eq!(sign(&store, &one, &own).await, Signed::Now);
    assert_eq!(signed(&store, &one).await, [own, bobs]);
}

async fn signatures_are_sealed_anew_with_the_rest(database: Database) {
    let store = database.store().await;
    let digest = version(&store, "a", VersionState::Checked).await;
    let both = [signature(ADA, "hers"), signature(BOB, "his")];
    for one in &both {
        assert_eq!(sign(&store, &digest, one).await, Signed::Now);
    }
    let new = EncryptionKey::generate();
    let copy = EncryptionKey::from_base64(&SecretString::from(new.to_base64())).unwrap();
    let between = Store::open(&database.url, KeyRing::new(copy, vec![database.key()]))
        .await
        .unwrap();
    let resealed = between.reseal().await.unwrap();
    assert!(resealed.unreadable.is_empty() && resealed.moved == 0, "{resealed:?}");
    let after = Store::open(&database.url, new).await.unwrap();
    assert_eq!(signed(&after, &digest).await, both);
}

//! Metadata keys as rows of a table, and accounts as the reviews name them.

use conjoin_linking::bag::{Bag, Bags, Changes, Metadata, same};
use conjoin_linking::plan::preview::{Fate, Row};
use conjoin_linking::plan::{KnownIdentity, Snapshot};
use conjoin_linking::tenant::Tenant;

use super::text::{Shown, name, shown};

/// The most rows of one table. A bag of 1 MB can hold over 100,000 keys; the rest is counted and said.
const MAX_ROWS: usize = 1_000;

/// The most entries of one list of paths.
const MAX_LISTED: usize = 200;

/// One account of a review.
pub(super) struct AccountSide {
    pub user_id: String,
    pub email: Option<String>,
    /// What a person calls the account's own connection.
    pub label: String,
    pub identities: Vec<IdentityLine>,
}

/// One way to sign in to an account.
pub(super) struct IdentityLine {
    /// `provider|user_id`.
    pub id: String,
    pub label: String,
}

/// A table that may have been cut.
pub(super) struct Table<R> {
    pub rows: Vec<R>,
    /// How many rows are not shown.
    pub omitted: usize,
}

/// One key of a link's preview.
pub(super) struct LinkRow {
    /// `user_metadata/plan`.
    pub name: String,
    pub key: String,
    pub primary: Option<Shown>,
    pub secondary: Option<Shown>,
    pub result: Option<Shown>,
    /// The value of `data-fate`.
    pub fate: &'static str,
    pub words: FateWords,
    pub grants: bool,
}

/// A fate as a person reads it.
pub(super) struct FateWords {
    /// In a word or two.
    pub verdict: &'static str,
    pub reason: &'static str,
}

/// One key that changes from one value to another.
pub(super) struct ChangeRow {
    /// `user_metadata/plan`.
    pub name: String,
    pub key: String,
    pub before: Option<Shown>,
    pub after: Option<Shown>,
}

/// What a person calls the connection of an identity; its provider where the tenant does not say.
pub(super) fn label<'a>(tenant: &'a Tenant, identity: &'a KnownIdentity) -> &'a str {
    let connection = if identity.connection.is_empty() {
        &identity.provider
    } else {
        &identity.connection
    };
    tenant.label(connection)
}

/// An account of a review.
pub(super) fn side(tenant: &Tenant, account: &Snapshot) -> AccountSide {
    let identities = account.identities.iter().map(|identity| IdentityLine {
        id: name(&identity.to_string()),
        label: name(label(tenant, identity)),
    });
    AccountSide {
        user_id: name(account.user_id.as_str()),
        email: account.email.as_deref().map(name),
        label: name(label(tenant, &account.own_identity())),
        identities: identities.collect(),
    }
}

/// The preview of one bag: what changes or is left behind first, then what stays.
pub(super) fn link_rows(bag: Bag, mut rows: Vec<Row<'_>>) -> Table<LinkRow> {
    rows.sort_by_key(|row| row.fate == Fate::Kept);
    table(rows.iter(), |row| LinkRow {
        name: row_name(bag, row.key),
        key: name(row.key),
        primary: row.primary.map(shown),
        secondary: row.secondary.map(shown),
        result: row.result.map(shown),
        fate: fate_name(row.fate),
        words: fate_words(row),
        grants: row.grants,
    })
}

/// What an account gets: every key of a bag.
pub(super) fn given_rows(bag: Bag, bags: &Bags) -> Table<ChangeRow> {
    table(bags.get(bag).iter(), |(key, value)| ChangeRow {
        name: row_name(bag, key),
        key: name(key),
        before: None,
        after: Some(shown(value)),
    })
}

/// What a PATCH does to a bag.
pub(super) fn change_rows(bag: Bag, now: &Metadata, changes: &Changes) -> Table<ChangeRow> {
    table(changes.iter(), |(key, value)| ChangeRow {
        name: row_name(bag, key),
        key: name(key),
        before: now.get(key).map(shown),
        after: Some(value).filter(|value| !value.is_null()).map(shown),
    })
}

/// Places in metadata bags, as lists show them.
pub(super) fn places(kept: &[(Bag, String)]) -> Vec<String> {
    let paths: Vec<String> = kept
        .iter()
        .map(|(bag, path)| format!("{}/{path}", bag.field()))
        .collect();
    listed(paths.iter())
}

/// Paths for a list, with a last entry that counts those left out.
pub(super) fn listed<'a>(paths: impl ExactSizeIterator<Item = &'a String>) -> Vec<String> {
    let omitted = paths.len().saturating_sub(MAX_LISTED);
    let mut listed: Vec<String> = paths.take(MAX_LISTED).map(|path| name(path)).collect();
    if omitted > 0 {
        listed.push(format!("… and {omitted} more"));
    }
    listed
}

fn table<T, R>(rows: impl ExactSizeIterator<Item = T>, view: impl FnMut(T) -> R) -> Table<R> {
    let omitted = rows.len().saturating_sub(MAX_ROWS);
    Table {
        rows: rows.take(MAX_ROWS).map(view).collect(),
        omitted,
    }
}

fn row_name(bag: Bag, key: &str) -> String {
    format!("{}/{}", bag.field(), name(key))
}

fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Kept => "kept",
        Fate::Added => "added",
        Fate::Merged => "merged",
        Fate::PrimaryWins => "primary-wins",
        Fate::Dropped => "dropped",
        Fate::KeptOut => "kept-out",
        Fate::Unstorable => "unstorable",
        Fate::Removed => "removed",
    }
}

fn fate_words(row: &Row<'_>) -> FateWords {
    let result_is_others = matches!((row.secondary, row.result), (Some(other), Some(result)) if same(other, result));
    let (verdict, reason) = match row.fate {
        Fate::Kept if row.secondary.is_some() => ("Stays", "Both accounts have the same."),
        Fate::Kept => ("Stays", "The other account has none."),
        Fate::Added if result_is_others => ("Added", "It comes from the other account."),
        Fate::Added => ("Added", "It is new."),
        Fate::Merged if result_is_others => ("Replaced", "The other account’s value takes its place."),
        Fate::Merged if row.secondary.is_some() => ("Combined", "The result has something of both."),
        Fate::Merged => ("Changed", "Linking writes a new value."),
        Fate::PrimaryWins => ("Stays", "The other account’s value is dropped."),
        Fate::Dropped => ("Dropped", "It is not carried over."),
        Fate::KeptOut => ("Kept out", "It is locked, so linking does not change it."),
        Fate::Unstorable => ("Dropped", "It cannot be stored under this name."),
        Fate::Removed => ("Removed", "It goes from the account you keep."),
    };
    FateWords { verdict, reason }
}

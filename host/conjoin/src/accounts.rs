//! A tenant's real accounts, for its team: the report of who has several, and two of them for the test bench. Everything here is written down in the audit trail.

use std::collections::BTreeMap;
use std::sync::Arc;

use conjoin_auth0::{ExportError, Management, ManagementError, User, UserId};
use conjoin_linking::audit::{Actor, AuditEntry};
use conjoin_linking::duplicates::{Counting, Duplicates};
use conjoin_linking::tenant::{Tenant, TenantName};
use serde_json::{Map, json};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::store::{ReportState, Store, StoreError};

/// The accounts of all tenants of this host. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    store: Store,
    tenants: Arc<BTreeMap<TenantName, Reached>>,
    /// One report at a time on a host: each can hold millions of addresses.
    reports: Arc<Semaphore>,
}

/// How a tenant is reached.
struct Reached {
    tenant: Arc<Tenant>,
    management: Management,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// A report is being made.
    #[error("a report is being made, here or for another tenant of this host; it takes some minutes")]
    BeingMade,
    /// There is no such account.
    #[error("the tenant has no account `{0}`")]
    NoAccount(String),
    /// The tenant.
    #[error(transparent)]
    Tenant(#[from] ManagementError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Of the tenants that a host serves.
    #[must_use]
    pub fn new(store: Store, apps: &[App]) -> Self {
        let reached = apps.iter().map(|app| {
            let (tenant, management) = (app.linking.tenant.clone(), app.linking.management.clone());
            (tenant.name.clone(), Reached { tenant, management })
        });
        Self {
            store,
            tenants: Arc::new(reached.collect()),
            reports: Arc::new(Semaphore::new(1)),
        }
    }

    /// Begins a report of duplicate accounts, which is made in the background: the tenant exports its users, which takes minutes.
    ///
    /// # Errors
    /// [`AccountsError::BeingMade`]; the store's.
    pub async fn begin_report(&self, tenant: &TenantName, by: &Actor) -> Result<(), AccountsError> {
        let turn = self.reports.clone().try_acquire_owned();
        let turn = turn.map_err(|_| AccountsError::BeingMade)?;
        let entry = AuditEntry::of_tenant("accounts.report_begun", by.clone(), Map::new());
        let id = self.store.begin_duplicates(tenant, &entry).await?;
        let id = id.ok_or(AccountsError::BeingMade)?;
        let (accounts, tenant) = (self.clone(), tenant.clone());
        tokio::spawn(async move {
            accounts.make_report(&tenant, &id).await;
            drop(turn);
        });
        Ok(())
    }

    async fn make_report(&self, tenant: &TenantName, id: &str) {
        let state = match self.duplicates(tenant).await {
            Ok(found) => ReportState::Made(found),
            Err(error) => {
                tracing::warn!(tenant = %tenant.0, %error, "the report of duplicate accounts was not made");
                ReportState::Failed(error.to_string())
            }
        };
        if let Err(error) = self.store.end_duplicates(tenant, id, &state).await {
            tracing::error!(tenant = %tenant.0, %error, "the report of duplicate accounts could not be kept");
        }
    }

    async fn duplicates(&self, tenant: &TenantName) -> Result<Duplicates, ExportError> {
        let Some(reached) = self.tenants.get(tenant) else {
            return Err(ManagementError::NotFound.into());
        };
        let mut counting = Counting::new(&reached.tenant);
        let exported = reached.management.export_users(|user| counting.add(user)).await?;
        Ok(counting.finish(exported.unreadable))
    }

    /// Two accounts as a policy would see them, for the bench.
    ///
    /// # Errors
    /// [`AccountsError::NoAccount`]; the tenant's and the store's.
    pub async fn read(&self, tenant: &TenantName, by: &Actor, ids: [UserId; 2]) -> Result<[User; 2], AccountsError> {
        let reached = self.tenants.get(tenant).ok_or(ManagementError::NotFound)?;
        let mut facts = Map::new();
        facts.insert("accounts".to_owned(), json!(&ids));
        let entry = AuditEntry::of_tenant("accounts.read", by.clone(), facts);
        self.store.note_event(tenant, &entry).await?;
        let read = async |id: &UserId| {
            let user = reached.management.user(id).await;
            user.map_err(|error| match error {
                ManagementError::NotFound => AccountsError::NoAccount(id.to_string()),
                error => error.into(),
            })
        };
        let [one, other] = &ids;
        Ok([read(one).await?, read(other).await?])
    }

    /// The store, for what is to be looked at.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }
}

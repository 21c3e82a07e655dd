//! What all runs share: the tenant, the journal, the policy, the proxy.

use std::sync::Arc;
use std::time::Duration;

use conjoin::policies::Loader;
use conjoin::store::{EncryptionKey, Store};
use conjoin_auth0::{HttpTimeouts, Management, ManagementConfig, User, UserId, http_client};
use conjoin_dev_tenant::{Config, DevTenant};
use conjoin_engine::{Engine, EngineConfig, Limits};
use conjoin_linking::decide::Decider;
use conjoin_linking::flow::Linking;
use conjoin_linking::journal::Journal;
use conjoin_linking::pace::Pace;
use conjoin_linking::policies::PolicyReference;
use conjoin_linking::shelf::Shelf;
use conjoin_linking::tenant::{Connection, Guards, Keep, Mode, Tenant, TenantName};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use url::Url;

use crate::proxy::Proxy;

pub struct World {
    pub journal: Arc<Store>,
    pub proxy: Proxy,
    pub direct: Management,
    pub policy: PolicyReference,
    tenant: Arc<Tenant>,
    policies: Arc<Shelf>,
    http: reqwest::Client,
    issuer: Url,
    _tenant: DevTenant,
    _folder: TempDir,
}

impl World {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tenant = DevTenant::start(Config::default(), listener).await.unwrap();
        let issuer = tenant.issuer().clone();
        // In memory where the system has such a place: what is tested is what is written, not the disk.
        let folder = tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .unwrap();
        let url = format!("sqlite://{}", folder.path().join("conjoin.db").display());
        let journal = Store::open(&url, EncryptionKey::generate()).await.unwrap();
        let engine = Engine::new(EngineConfig::default()).unwrap();
        let active = conjoin::policies::default(&Loader::new(engine.clone())).await.unwrap();
        let http = http_client(HttpTimeouts::default()).unwrap();
        Self {
            journal: Arc::new(journal),
            direct: Management::new(management(&issuer, &issuer), http.clone()),
            proxy: Proxy::start(issuer.clone()).await,
            policy: active.reference().clone(),
            policies: Arc::new(Shelf::new(active)),
            tenant: Arc::new(rules()),
            http,
            issuer,
            _tenant: tenant,
            _folder: folder,
        }
    }

    /// A host of a run's own, whose requests go through the proxy under the run's name.
    pub fn host(&self, run: u64) -> Linking {
        let base = self.proxy.url.join(&format!("{run}/")).unwrap();
        let journal: Arc<dyn Journal> = self.journal.clone();
        Linking {
            tenant: self.tenant.clone(),
            management: Management::new(management(&base, &self.issuer), self.http.clone()),
            decider: Decider::new(4, journal.clone()),
            journal,
            policies: self.policies.clone(),
            pace: pace(),
        }
    }

    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Puts an account into the tenant.
    pub async fn put(
        &self,
        id: &str,
        email: &str,
        user_metadata: &Map<String, Value>,
        app_metadata: &Map<String, Value>,
    ) -> User {
        let encoded: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let body = json!({
            "email": email, "email_verified": true, "password": "correct-horse", "user_metadata": user_metadata, "app_metadata": app_metadata,
        });
        let sent = self
            .http
            .put(self.issuer.join(&format!("_dev/users/{encoded}")).unwrap())
            .json(&body)
            .send()
            .await;
        sent.unwrap().error_for_status().unwrap();
        self.direct.user(&id.parse::<UserId>().unwrap()).await.unwrap()
    }
}

/// Everything is allowed that can be: what is tested is that nothing is lost, not what a policy may do.
fn rules() -> Tenant {
    let connection = |name: &str| Connection {
        name: name.to_owned(),
        label: name.to_owned(),
        must_be_primary: false,
    };
    Tenant {
        name: TenantName("property".to_owned()),
        mode: Mode::On,
        client_id: "conjoin-dev".to_owned(),
        connections: vec![
            connection("Username-Password-Authentication"),
            connection("google-oauth2"),
        ],
        guards: Guards::default(),
        proof_max_age: Duration::from_secs(600),
        require_mfa: false,
        end_sessions: true,
        limits: Limits::default(),
        keep: Keep::default(),
    }
}

/// As in production, in the same order, but faster.
fn pace() -> Pace {
    Pace {
        attempts: 3,
        first_wait: Duration::from_millis(2),
        quiet: Duration::from_millis(5),
        // Counted in whole seconds, of which the first may be nearly over: a second at least.
        late: Duration::from_secs(2),
        settle_within: Duration::from_secs(600),
        longest_wait: Duration::from_millis(50),
        lease: Duration::from_secs(1),
        announce_within: Duration::from_secs(5),
    }
}

fn management(base: &Url, issuer: &Url) -> ManagementConfig {
    ManagementConfig {
        base: base.clone(),
        audience: issuer.join("api/v2/").unwrap().to_string(),
        client_id: "conjoin-m2m".to_owned(),
        credential: SecretString::from("conjoin-m2m-secret").into(),
    }
}

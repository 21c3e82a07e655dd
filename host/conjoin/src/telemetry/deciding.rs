//! Which version decides at each tenant.

use std::fmt::Write;
use std::sync::Arc;

use conjoin_linking::policies::Policies;
use conjoin_linking::tenant::TenantName;
use metrics_exporter_prometheus::formatting::{sanitize_label_value, write_help_line, write_type_line};

use crate::admin::short;
use crate::app::App;

const ACTIVE_VERSION: &str = "conjoin_policy_active_version";

/// What decides at the tenants of a host. It is asked when somebody looks, and not counted: so it is what decides, whoever changed it, there is one series a tenant, and
/// none is left of what decided before.
#[derive(Clone)]
pub struct Deciding(Arc<[(TenantName, Arc<dyn Policies>)]>);

impl Deciding {
    /// At these tenants.
    pub fn at(apps: &[App]) -> Self {
        let linking = apps.iter().map(|app| &app.linking);
        Self(
            linking
                .map(|linking| (linking.tenant.name.clone(), linking.policies.clone()))
                .collect(),
        )
    }

    /// Adds them to what is counted. A tenant where nothing decides has no series.
    pub(super) fn write(&self, text: &mut String) {
        write_help_line(
            text,
            ACTIVE_VERSION,
            None,
            None,
            "1 for the version that decides, by tenant",
        );
        write_type_line(text, ACTIVE_VERSION, None, None, "gauge");
        for (tenant, policies) in self.0.iter() {
            let Some(active) = policies.active() else {
                continue;
            };
            let (tenant, name) = (&tenant.0, &active.policy.description().name);
            let digest = active.policy.digest().to_string();
            let [tenant, name, digest] = [tenant.as_str(), name.as_str(), short(&digest)].map(sanitize_label_value);
            let labels = format!(r#"tenant="{tenant}",policy="{name}",digest="{digest}""#);
            // Writing to a text does not fail.
            let _ = writeln!(text, "{ACTIVE_VERSION}{{{labels}}} 1");
        }
        text.push('\n');
    }
}

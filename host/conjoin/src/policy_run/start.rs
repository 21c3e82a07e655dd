//! From the command line to a policy that is ready to answer.

use std::path::PathBuf;
use std::time::Duration;

use conjoin_engine::{Engine, InvalidLimit, Limits, Policy};
use conjoin_linking::bag::{MAX_DEPTH, Metadata, depth};
use conjoin_linking::tenant::Guards;
use serde::Deserialize;

use super::PolicyRunError;
use crate::compiling;
use crate::policies::read_bounded;

/// A loaded policy and what every line has in common.
pub(crate) struct Runner {
    pub(crate) policy: Policy,
    pub(crate) limits: Limits,
    /// For events that hold none.
    pub(crate) settings: Metadata,
    /// What no policy may do.
    pub(crate) guards: Guards,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsArgument {
    fuel: Option<u64>,
    deadline_ms: Option<u64>,
    memory_bytes: Option<usize>,
    table_elements: Option<usize>,
    output_bytes: Option<usize>,
    log_bytes: Option<usize>,
}

impl Runner {
    /// Checks the arguments before anything is compiled, then loads the policy.
    pub(crate) fn start(policy: &str, settings: &str, limits: &str) -> Result<Self, PolicyRunError> {
        let settings = read_settings(settings)?;
        // An object first: a list would be taken for the limits in their order.
        let limits: Metadata = serde_json::from_str(limits).map_err(PolicyRunError::Limits)?;
        let limits: LimitsArgument = serde_json::from_value(limits.into()).map_err(PolicyRunError::Limits)?;
        let limits = limits.over_the_defaults()?;
        let component = component(policy)?;
        // Lines are answered one after another, so one call runs at a time.
        let engine = Engine::new(compiling::for_authors())?;
        let policy = engine.load(&component).map_err(|rejection| PolicyRunError::Rejected {
            policy: policy.to_owned(),
            rejection,
        })?;
        Ok(Self {
            policy,
            limits,
            settings,
            guards: Guards::default(),
        })
    }
}

impl LimitsArgument {
    fn over_the_defaults(self) -> Result<Limits, InvalidLimit> {
        let default = Limits::default();
        Limits::builder()
            .fuel(self.fuel.unwrap_or(default.fuel()))
            .deadline(self.deadline_ms.map_or(default.deadline(), Duration::from_millis))
            .memory_bytes(self.memory_bytes.unwrap_or(default.memory_bytes()))
            .table_elements(self.table_elements.unwrap_or(default.table_elements()))
            .output_bytes(self.output_bytes.unwrap_or(default.output_bytes()))
            .log_bytes(self.log_bytes.unwrap_or(default.log_bytes()))
            .build()
    }
}

fn read_settings(text: &str) -> Result<Metadata, PolicyRunError> {
    let settings: Metadata = serde_json::from_str(text).map_err(PolicyRunError::Settings)?;
    if depth(&settings) > MAX_DEPTH {
        return Err(PolicyRunError::SettingsTooDeep);
    }
    Ok(settings)
}

/// A shipped policy's name goes before a file of the same name; `./joined` is the file.
pub(crate) fn component(policy: &str) -> Result<Vec<u8>, PolicyRunError> {
    if let Some(shipped) = conjoin_policies::by_name(policy) {
        return Ok(shipped.component.to_vec());
    }
    let path = PathBuf::from(policy);
    if !path.exists() && path.extension().is_none() {
        let names: Vec<_> = conjoin_policies::shipped().iter().map(|shipped| shipped.name).collect();
        return Err(PolicyRunError::Unknown {
            name: policy.to_owned(),
            shipped: names.join(", "),
        });
    }
    read_bounded(&path).map_err(|source| PolicyRunError::Unreadable { path, source })
}

use std::path::PathBuf;

use serde::Deserialize;

/// HTTPS by an authority of the tenant's own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// Where the authority's certificate is written at each start, in PEM; relative to the configuration file. `GET /_dev/authority.pem` tells it too.
    pub authority: Option<PathBuf>,
}

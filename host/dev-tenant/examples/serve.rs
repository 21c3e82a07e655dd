//! Runs the seeded tenant on a port of choice: `cargo run -p conjoin-dev-tenant --example serve -- 127.0.0.1:13150`.
//! Shows how a program, or a test, embeds a tenant: bind first, so that the issuer is known before anything asks for it.

use conjoin_dev_tenant::{Config, DevTenant};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let mut tenant = DevTenant::start(Config::default(), TcpListener::bind(address).await?).await?;
    println!("ready: {}", tenant.issuer());
    tokio::select! {
        ended = tenant.stopped() => ended?,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            tenant.shutdown().await;
        }
    }
    Ok(())
}

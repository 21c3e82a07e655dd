//! A host that takes components from others: each is compiled in a child process that limits itself, and what was compiled is kept.
//!
//! ```sh
//! cargo run -p conjoin-engine --example jailed -- path/to/policy.wasm [CACHE-FOLDER]
//! ```

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use conjoin_engine::{ArtifactCache, Engine, EngineConfig, Jail, compile_for_parent};

/// By which this program knows that it is the child.
const COMPILE: &str = "compile-policy";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().ok_or("usage: jailed POLICY.wasm [CACHE-FOLDER]")?;
    // First thing: the child does nothing else.
    if first == COMPILE {
        return Ok(compile_for_parent());
    }

    let mut config = EngineConfig::default()
        .slots(1)
        .jail(Jail::own_program().argument(COMPILE));
    if let Some(folder) = arguments.next() {
        // A real host has a random key, and keeps it where only it can read.
        let key = [7; 32];
        config = config.cache(ArtifactCache::open(folder, &key, 256 << 20)?);
    }
    let engine = Engine::new(config)?;

    let component = std::fs::read(first)?;
    let started = Instant::now();
    let loaded = engine.load(&component);
    let took = started.elapsed();
    match loaded {
        Ok(policy) => {
            let description = policy.description();
            println!("{} {}, in {took:.1?}", description.name, description.version);
            Ok(ExitCode::SUCCESS)
        }
        // However the child ended, this is a report for the component's author, and the host goes on.
        Err(rejection) => {
            println!("{rejection}\nin {took:.1?}");
            Ok(ExitCode::FAILURE)
        }
    }
}

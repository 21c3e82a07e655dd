//! `conjoin`: see `conjoin --help`.

use std::process::ExitCode;

use clap::Parser;
use conjoin::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("conjoin: {error:#}");
            ExitCode::FAILURE
        }
    }
}

//! Running a policy's cases (their format: [`conjoin_cases`]) in the test's own process. Fast and debuggable; limits and imports are tried by the
//! host's engine, with `conjoin policy test`.

mod convert;
mod native;

pub use native::{Failed, run_native};

//! The contract's own import, `conjoin:policy/host`.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, WasmStr};

use crate::contract::conjoin::policy::host::Level;
use crate::log::LogLevel;
use crate::state::{CallState, charge, define};

/// Links `log`. By hand, so that the text is read in place: a flood costs the guest fuel and the host nothing.
pub(crate) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let mut host = linker.instance("conjoin:policy/host@1.0.0")?;
    define(&mut host, "log", |store, (level, message): (Level, WasmStr)| {
        log(store, level, &message)
    })
}

fn log(mut store: StoreContextMut<'_, CallState>, level: Level, message: &WasmStr) -> wasmtime::Result<()> {
    let message = message.to_str(&store)?.into_owned();
    charge(&mut store, message.len() as u64)?;
    store.data_mut().log.entry(level.into(), &message);
    Ok(())
}

impl From<Level> for LogLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}

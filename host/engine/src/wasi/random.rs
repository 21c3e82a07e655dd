//! `wasi:random`: bytes from the event's seed, whether asked for as secure or not.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, LinkerInstance};

use crate::state::{CallState, charge, define};
use crate::stop::Stop;
use crate::wasi::named;

/// The most bytes of one call; a policy that needs more can ask again.
const MAX_BYTES: u64 = 64 << 10;

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    link_pair(
        &mut linker.instance(&named("wasi:random/random"))?,
        "get-random-bytes",
        "get-random-u64",
    )?;
    let mut insecure = linker.instance(&named("wasi:random/insecure"))?;
    link_pair(&mut insecure, "get-insecure-random-bytes", "get-insecure-random-u64")?;
    let mut seed = linker.instance(&named("wasi:random/insecure-seed"))?;
    define(&mut seed, "insecure-seed", |mut store, ()| {
        let chance = &mut store.data_mut().chance;
        Ok(((chance.number(), chance.number()),))
    })
}

fn link_pair(interface: &mut LinkerInstance<'_, CallState>, bytes: &str, number: &str) -> wasmtime::Result<()> {
    define(interface, bytes, |store, (length,): (u64,)| random_bytes(store, length))?;
    define(interface, number, |mut store, ()| {
        Ok((store.data_mut().chance.number(),))
    })
}

fn random_bytes(mut store: StoreContextMut<'_, CallState>, length: u64) -> wasmtime::Result<(Vec<u8>,)> {
    if length > MAX_BYTES {
        return Err(Stop::Misused("more than 64 KiB of random bytes were asked for at once").into());
    }
    charge(&mut store, length)?;
    let length = usize::try_from(length).unwrap_or_default();
    Ok((store.data_mut().chance.bytes(length),))
}

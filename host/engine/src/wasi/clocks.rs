//! `wasi:clocks`: the event's time, standing still. To wait for a later one ends the call.

use wasmtime::component::{ComponentType, Lift, Linker, Lower, Resource};

use crate::state::CallState;
use crate::stop::Stop;
use crate::wasi::io::Pollable;
use crate::wasi::named;

const NANOSECONDS: u64 = 1_000_000_000;

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let mut wall = linker.instance(&named("wasi:clocks/wall-clock"))?;
    wall.func_wrap("now", |store, ()| Ok((Datetime { seconds: store.data().now, nanoseconds: 0 },)))?;
    wall.func_wrap("resolution", |_, ()| Ok((Datetime { seconds: 1, nanoseconds: 0 },)))?;

    let mut monotonic = linker.instance(&named("wasi:clocks/monotonic-clock"))?;
    monotonic.func_wrap("now", |store, ()| Ok((store.data().now.saturating_mul(NANOSECONDS),)))?;
    monotonic.func_wrap("resolution", |_, ()| Ok((NANOSECONDS,)))?;
    for wait in ["subscribe-instant", "subscribe-duration"] {
        monotonic.func_wrap(wait, |_, (_,): (u64,)| wasmtime::Result::<(Resource<Pollable>,)>::Err(Stop::Waited.into()))?;
    }
    Ok(())
}

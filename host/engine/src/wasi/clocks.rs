//! `wasi:clocks`: the event's time, standing still. To wait for a later one ends the call.

use wasmtime::component::{ComponentType, Lift, Linker, Lower, Resource};

use crate::state::{CallState, define};
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
    define(&mut wall, "now", |store, ()| {
        Ok((Datetime {
            seconds: store.data().now,
            nanoseconds: 0,
        },))
    })?;
    define(&mut wall, "resolution", |_, ()| {
        Ok((Datetime {
            seconds: 1,
            nanoseconds: 0,
        },))
    })?;

    let mut monotonic = linker.instance(&named("wasi:clocks/monotonic-clock"))?;
    define(&mut monotonic, "now", |store, ()| {
        Ok((store.data().now.saturating_mul(NANOSECONDS),))
    })?;
    define(&mut monotonic, "resolution", |_, ()| Ok((NANOSECONDS,)))?;
    for wait in ["subscribe-instant", "subscribe-duration"] {
        define(&mut monotonic, wait, |_, (_,): (u64,)| {
            wasmtime::Result::<(Resource<Pollable>,)>::Err(Stop::Waited.into())
        })?;
    }
    Ok(())
}

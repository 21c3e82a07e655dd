//! `wasi:io`: streams that are always ready, and pollables with nothing to wait for.
//!
//! No table of resources: a stream is one of three, told apart by its number, and a pollable is always ready.

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, Lower, Resource, ResourceType, WasmList};

use crate::log::Stream;
use crate::state::{CallState, charge, define};
use crate::stop::Stop;
use crate::wasi::named;

/// `wasi:io/error`. None is ever made.
pub(super) enum Failure {}
/// `wasi:io/poll`'s pollable.
pub(super) enum Pollable {}
/// Standard input: at its end from the start.
pub(super) enum Input {}
/// Standard output or standard error.
pub(super) enum Output {}

/// The number of standard output; any other [`Output`] is standard error.
pub(super) const OUTPUT: u32 = 1;
/// The number of standard error.
pub(super) const ERRORS: u32 = 2;

/// What `check-write` allows at once, and what the blocking writes may carry by their definition.
const WRITE_BYTES: u64 = 4096;

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    #[allow(dead_code, reason = "part of the type; writing to a log does not fail")]
    LastOperationFailed(Resource<Failure>),
    #[component(name = "closed")]
    Closed,
}

type Store<'a> = StoreContextMut<'a, CallState>;
type Outcome<T> = wasmtime::Result<(Result<T, StreamError>,)>;

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let mut error = linker.instance(&named("wasi:io/error"))?;
    error.resource("error", ResourceType::host::<Failure>(), |_, _| Ok(()))?;
    define(
        &mut error,
        "[method]error.to-debug-string",
        |_, (_,): (Resource<Failure>,)| Ok((String::new(),)),
    )?;

    let mut poll = linker.instance(&named("wasi:io/poll"))?;
    poll.resource("pollable", ResourceType::host::<Pollable>(), |_, _| Ok(()))?;
    define(&mut poll, "[method]pollable.ready", |_, (_,): (Resource<Pollable>,)| {
        Ok((true,))
    })?;
    define(&mut poll, "[method]pollable.block", |_, (_,): (Resource<Pollable>,)| {
        Ok(())
    })?;
    define(&mut poll, "poll", |_, (pollables,): (Vec<Resource<Pollable>>,)| {
        all_ready(pollables.len())
    })?;

    link_input(linker)?;
    link_output(linker)
}

/// All are ready at once. To ask about none is against the interface.
fn all_ready(count: usize) -> wasmtime::Result<(Vec<u32>,)> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    if count == 0 {
        return Err(Stop::Misused("`poll` was called without pollables").into());
    }
    Ok(((0..count).collect(),))
}

fn link_input(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let mut streams = linker.instance(&named("wasi:io/streams"))?;
    streams.resource("input-stream", ResourceType::host::<Input>(), |_, _| Ok(()))?;
    for read in ["read", "blocking-read"] {
        define(
            &mut streams,
            &format!("[method]input-stream.{read}"),
            |_, (_, _): (Resource<Input>, u64)| Outcome::<Vec<u8>>::Ok((Err(StreamError::Closed),)),
        )?;
    }
    for skip in ["skip", "blocking-skip"] {
        define(
            &mut streams,
            &format!("[method]input-stream.{skip}"),
            |_, (_, _): (Resource<Input>, u64)| Outcome::<u64>::Ok((Err(StreamError::Closed),)),
        )?;
    }
    define(
        &mut streams,
        "[method]input-stream.subscribe",
        |_, (_,): (Resource<Input>,)| Ok((Resource::<Pollable>::new_own(0),)),
    )
}

fn link_output(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let mut streams = linker.instance(&named("wasi:io/streams"))?;
    streams.resource("output-stream", ResourceType::host::<Output>(), |_, _| Ok(()))?;
    define(
        &mut streams,
        "[method]output-stream.check-write",
        |_, (_,): (Resource<Output>,)| Outcome::<u64>::Ok((Ok(WRITE_BYTES),)),
    )?;
    for write in ["write", "blocking-write-and-flush"] {
        define(
            &mut streams,
            &format!("[method]output-stream.{write}"),
            |store, (stream, bytes)| write_bytes(store, &stream, &bytes),
        )?;
    }
    for zeroes in ["write-zeroes", "blocking-write-zeroes-and-flush"] {
        define(
            &mut streams,
            &format!("[method]output-stream.{zeroes}"),
            |store, (stream, length)| write_zeroes(store, &stream, length),
        )?;
    }
    for flush in ["flush", "blocking-flush"] {
        define(
            &mut streams,
            &format!("[method]output-stream.{flush}"),
            |_, (_,): (Resource<Output>,)| Outcome::<()>::Ok((Ok(()),)),
        )?;
    }
    for splice in ["splice", "blocking-splice"] {
        let name = format!("[method]output-stream.{splice}");
        define(
            &mut streams,
            &name,
            |_, (_, _, _): (Resource<Output>, Resource<Input>, u64)| Outcome::<u64>::Ok((Err(StreamError::Closed),)),
        )?;
    }
    define(
        &mut streams,
        "[method]output-stream.subscribe",
        |_, (_,): (Resource<Output>,)| Ok((Resource::<Pollable>::new_own(0),)),
    )
}

fn write_bytes(mut store: Store<'_>, stream: &Resource<Output>, bytes: &WasmList<u8>) -> Outcome<()> {
    let bytes = bytes.as_le_slice(&store).to_vec();
    append(&mut store, stream, &bytes)
}

fn write_zeroes(mut store: Store<'_>, stream: &Resource<Output>, length: u64) -> Outcome<()> {
    // Cut before the bytes are made; one over the permit is refused below.
    let length = usize::try_from(length.min(WRITE_BYTES + 1)).unwrap_or_default();
    append(&mut store, stream, &vec![0; length])
}

fn append(store: &mut Store<'_>, stream: &Resource<Output>, bytes: &[u8]) -> Outcome<()> {
    if bytes.len() as u64 > WRITE_BYTES {
        return Err(Stop::Misused("a stream was given more bytes at once than it allowed").into());
    }
    charge(store, bytes.len() as u64)?;
    let stream = if stream.rep() == OUTPUT {
        Stream::Output
    } else {
        Stream::Errors
    };
    store.data_mut().log.write(stream, bytes);
    Ok((Ok(()),))
}

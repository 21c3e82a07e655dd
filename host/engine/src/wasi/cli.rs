//! `wasi:cli`: no arguments, no environment, no terminal; standard streams; `exit` ends the call.

use wasmtime::component::{Linker, Resource, ResourceType};

use crate::state::{CallState, define};
use crate::stop::Stop;
use crate::wasi::io::{ERRORS, Input, OUTPUT, Output};
use crate::wasi::named;

enum TerminalInput {}
enum TerminalOutput {}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let mut environment = linker.instance(&named("wasi:cli/environment"))?;
    define(&mut environment, "get-environment", |_, ()| {
        Ok((Vec::<(String, String)>::new(),))
    })?;
    define(&mut environment, "get-arguments", |_, ()| Ok((Vec::<String>::new(),)))?;
    define(&mut environment, "initial-cwd", |_, ()| Ok((None::<String>,)))?;

    let mut exit = linker.instance(&named("wasi:cli/exit"))?;
    define(&mut exit, "exit", |_, (_status,): (Result<(), ()>,)| exited())?;
    define(&mut exit, "exit-with-code", |_, (_code,): (u8,)| exited())?;

    link_streams(linker)?;
    link_terminals(linker)
}

fn exited() -> wasmtime::Result<()> {
    Err(Stop::Exited.into())
}

fn link_streams(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let mut stdin = linker.instance(&named("wasi:cli/stdin"))?;
    define(&mut stdin, "get-stdin", |_, ()| Ok((Resource::<Input>::new_own(0),)))?;
    let mut stdout = linker.instance(&named("wasi:cli/stdout"))?;
    define(&mut stdout, "get-stdout", |_, ()| {
        Ok((Resource::<Output>::new_own(OUTPUT),))
    })?;
    let mut stderr = linker.instance(&named("wasi:cli/stderr"))?;
    define(&mut stderr, "get-stderr", |_, ()| {
        Ok((Resource::<Output>::new_own(ERRORS),))
    })
}

fn link_terminals(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let mut input = linker.instance(&named("wasi:cli/terminal-input"))?;
    input.resource("terminal-input", ResourceType::host::<TerminalInput>(), |_, _| Ok(()))?;
    let mut output = linker.instance(&named("wasi:cli/terminal-output"))?;
    output.resource("terminal-output", ResourceType::host::<TerminalOutput>(), |_, _| Ok(()))?;
    let mut stdin = linker.instance(&named("wasi:cli/terminal-stdin"))?;
    define(&mut stdin, "get-terminal-stdin", |_, ()| {
        Ok((None::<Resource<TerminalInput>>,))
    })?;
    let mut stdout = linker.instance(&named("wasi:cli/terminal-stdout"))?;
    define(&mut stdout, "get-terminal-stdout", |_, ()| {
        Ok((None::<Resource<TerminalOutput>>,))
    })?;
    let mut stderr = linker.instance(&named("wasi:cli/terminal-stderr"))?;
    define(&mut stderr, "get-terminal-stderr", |_, ()| {
        Ok((None::<Resource<TerminalOutput>>,))
    })
}

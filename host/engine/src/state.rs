//! What one call carries: its limits' counters, its log, its clock and its chance.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wasmtime::component::{ComponentNamedList, Lift, LinkerInstance, Lower};
use wasmtime::{StoreContextMut, Trap};

use crate::chance::Chance;
use crate::contract::Event;
use crate::ending::Ending;
use crate::limiter::Limiter;
use crate::log::LogSink;

/// Where time and chance of a call come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Seconds since 1970.
    pub(crate) now: u64,
    pub(crate) seed: [u8; 16],
}

/// The store's data. Lives as long as one call.
#[derive(Debug)]
pub(crate) struct CallState {
    pub(crate) limiter: Limiter,
    pub(crate) log: LogSink,
    pub(crate) now: u64,
    pub(crate) chance: Chance,
}

impl Setting {
    /// For `describe`, which gets no event and must not depend on one.
    pub(crate) const NONE: Self = Self { now: 0, seed: [0; 16] };

    /// Reads time and seed of an event. Both are the host's, so an ill-formed one is the host's fault.
    pub(crate) fn of(event: &Event) -> Result<Self, Ending> {
        let now = OffsetDateTime::parse(&event.now, &Rfc3339)
            .ok()
            .and_then(|time| u64::try_from(time.unix_timestamp()).ok())
            .ok_or_else(|| Ending::Internal("`event.now` is not an RFC 3339 time after 1970".to_owned()))?;
        let mut seed = [0; 16];
        hex::decode_to_slice(&event.seed, &mut seed)
            .map_err(|_| Ending::Internal("`event.seed` is not 32 hexadecimal digits".to_owned()))?;
        Ok(Self { now, seed })
    }
}

/// What every call of an import costs, beside its bytes: about the time it takes. Without it, a loop around a cheap import would
/// run for seconds on little fuel, and the clock would decide what fuel should.
const IMPORT_FUEL: u64 = 1_000;

/// Links one function of an import, paid for in fuel.
pub(crate) fn define<Parameters, Answer>(
    interface: &mut LinkerInstance<'_, CallState>,
    name: &str,
    function: impl Fn(StoreContextMut<'_, CallState>, Parameters) -> wasmtime::Result<Answer> + Send + Sync + 'static,
) -> wasmtime::Result<()>
where
    Parameters: ComponentNamedList + Lift + 'static,
    Answer: ComponentNamedList + Lower + 'static,
{
    interface.func_wrap(
        name,
        move |mut store: StoreContextMut<'_, CallState>, parameters: Parameters| {
            charge(&mut store, IMPORT_FUEL)?;
            function(store, parameters)
        },
    )
}

/// Takes fuel for work the host does on the guest's behalf, a unit a byte, so that such work is bounded and counted like any other.
pub(crate) fn charge(store: &mut StoreContextMut<'_, CallState>, fuel: u64) -> wasmtime::Result<()> {
    let left = store.get_fuel()?;
    match left.checked_sub(fuel) {
        Some(rest) => store.set_fuel(rest),
        None => {
            store.set_fuel(0)?;
            Err(Trap::OutOfFuel.into())
        }
    }
}

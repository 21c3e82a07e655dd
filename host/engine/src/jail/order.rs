//! What the parent tells the child: a line of JSON, then the component's bytes.

use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};

use super::JailLimits;
use crate::config::EngineConfig;

/// Far more than the line has.
const MAX_LINE: u64 = 4 << 10;

/// The line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) limits: JailLimits,
    component_bytes: u64,
    max_component_bytes: usize,
    max_memory_bytes: usize,
    max_table_elements: usize,
}

impl Order {
    pub(super) fn new(config: &EngineConfig, limits: JailLimits, component: &[u8]) -> Self {
        Self {
            limits,
            component_bytes: component.len() as u64,
            max_component_bytes: config.max_component_bytes,
            max_memory_bytes: config.max_memory_bytes,
            max_table_elements: config.max_table_elements,
        }
    }

    /// The settings that decide what is refused and how it is compiled. Memory is taken as it is needed: a pool would not fit under the limits, and nothing in the
    /// compiled code depends on it.
    pub(super) fn config(&self) -> EngineConfig {
        EngineConfig::default()
            .slots(1)
            .max_component_bytes(self.max_component_bytes)
            .max_memory_bytes(self.max_memory_bytes)
            .max_table_elements(self.max_table_elements)
            .on_demand()
    }

    pub(super) fn write(&self, mut output: impl Write, component: &[u8]) -> io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        output.write_all(&line)?;
        output.write_all(component)?;
        output.flush()
    }

    pub(super) fn read(input: &mut impl BufRead) -> io::Result<Self> {
        let mut line = Vec::new();
        input.take(MAX_LINE).read_until(b'\n', &mut line)?;
        Ok(serde_json::from_slice(&line)?)
    }

    pub(super) fn read_component(&self, input: impl Read) -> io::Result<Vec<u8>> {
        let mut component = Vec::new();
        component
            .try_reserve_exact(usize::try_from(self.component_bytes).map_err(io::Error::other)?)
            .map_err(|_| io::ErrorKind::OutOfMemory)?;
        input.take(self.component_bytes).read_to_end(&mut component)?;
        if component.len() as u64 != self.component_bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(component)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_arrives_as_it_was_given_and_a_component_that_was_cut_is_noticed() {
        let order = Order::new(&EngineConfig::default(), JailLimits::COMPILED, b"component");
        let mut pipe = Vec::new();
        order.write(&mut pipe, b"component").unwrap();
        let mut input = pipe.as_slice();
        let read = Order::read(&mut input).unwrap();
        assert_eq!(read, order);
        assert_eq!(read.read_component(input).unwrap(), b"component");
        assert!(read.read_component(&input[..5]).is_err());
        assert!(Order::read(&mut vec![b' '; 10_000].as_slice()).is_err());
    }
}

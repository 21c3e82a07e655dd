//! Chance that can be replayed: bytes from `event.seed` and nothing else.

use sha2::{Digest, Sha256};

/// A stream of bytes that depends on the seed alone: SHA-256 over a label, the seed and a counter, block after block.
#[derive(Debug, Clone)]
pub(crate) struct Chance {
    seed: [u8; 16],
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl Chance {
    pub(crate) fn new(seed: [u8; 16]) -> Self {
        Self {
            seed,
            counter: 0,
            block: [0; 32],
            used: 32,
        }
    }

    /// The next `length` bytes.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.byte()).take(length).collect()
    }

    /// The next eight bytes as a number.
    pub(crate) fn number(&mut self) -> u64 {
        std::iter::repeat_with(|| self.byte())
            .take(8)
            .fold(0, |number, byte| number << 8 | u64::from(byte))
    }

    fn byte(&mut self) -> u8 {
        if self.used >= self.block.len() {
            self.refill();
        }
        let byte = self.block.get(self.used).copied().unwrap_or_default();
        self.used += 1;
        byte
    }

    fn refill(&mut self) {
        let mut hash = Sha256::new();
        hash.update(b"conjoin:policy chance");
        hash.update(self.seed);
        hash.update(self.counter.to_le_bytes());
        self.block = hash.finalize().into();
        self.counter += 1;
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_alone_decides() {
        let mut first = Chance::new([1; 16]);
        let mut second = Chance::new([1; 16]);
        assert_eq!(first.bytes(100), second.bytes(100));
        assert_eq!(first.number(), second.number());
        assert_ne!(first.bytes(100), Chance::new([2; 16]).bytes(100));
    }

    #[test]
    fn the_stream_does_not_repeat_and_does_not_depend_on_how_it_is_cut() {
        let whole = Chance::new([1; 16]).bytes(96);
        let mut pieces = Chance::new([1; 16]);
        assert_eq!([pieces.bytes(5), pieces.bytes(91)].concat(), whole);
        assert_ne!(whole[..32], whole[32..64]);
    }
}

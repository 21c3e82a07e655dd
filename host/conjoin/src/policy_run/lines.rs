//! Lines of bounded length.

use std::io::{self, BufRead, Read};

/// The longest line that is read, its end not counted: two accounts with both bags at their limits several times over.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// A line of the input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Without its end.
    Whole(&'a [u8]),
    /// Longer than [`MAX_BYTES`]; it was skipped to its end without being held.
    TooLong,
}

/// The next line, into `buffer`; none at the end. A last line needs no line feed.
pub(super) fn next<'a>(input: &mut impl BufRead, buffer: &'a mut Vec<u8>) -> io::Result<Option<Line<'a>>> {
    buffer.clear();
    input.by_ref().take(MAX_BYTES as u64 + 1).read_until(b'\n', buffer)?;
    if buffer.is_empty() {
        return Ok(None);
    }
    if buffer.last() == Some(&b'\n') {
        buffer.pop();
    } else if buffer.len() > MAX_BYTES {
        input.skip_until(b'\n')?;
        return Ok(Some(Line::TooLong));
    }
    Ok(Some(Line::Whole(buffer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_with_or_without_a_last_line_feed() {
        let (mut input, mut buffer) = (&b"a\n\nb"[..], Vec::new());
        for line in [&b"a"[..], b"", b"b"] {
            assert_eq!(next(&mut input, &mut buffer).unwrap(), Some(Line::Whole(line)));
        }
        assert_eq!(next(&mut input, &mut buffer).unwrap(), None);
    }

    #[test]
    fn the_longest_line_is_read_and_one_byte_more_is_skipped() {
        let longest = vec![b'x'; MAX_BYTES];
        let mut input = Vec::new();
        input.extend_from_slice(&longest);
        input.push(b'\n');
        input.extend_from_slice(&longest);
        input.extend_from_slice(b"yz\nafter\n");
        input.extend_from_slice(&longest);
        input.push(b'y');
        let (mut input, mut buffer) = (&input[..], Vec::new());
        assert_eq!(next(&mut input, &mut buffer).unwrap(), Some(Line::Whole(&longest)));
        assert_eq!(next(&mut input, &mut buffer).unwrap(), Some(Line::TooLong));
        assert_eq!(next(&mut input, &mut buffer).unwrap(), Some(Line::Whole(b"after")));
        assert_eq!(next(&mut input, &mut buffer).unwrap(), Some(Line::TooLong));
        assert_eq!(next(&mut input, &mut buffer).unwrap(), None);
        assert!(
            buffer.capacity() <= 2 * (MAX_BYTES + 1),
            "what was skipped was not held"
        );
    }
}

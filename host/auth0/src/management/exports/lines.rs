//! One JSON object a line, as it is unpacked.

use std::io::{Error, ErrorKind, Write};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Exported, ExportedUser};

/// The longest line. What is asked of a user is a few hundred bytes.
const MAX_LINE: usize = 64 * 1024;

/// Takes bytes, and gives users.
pub(super) struct Lines<F> {
    line: Vec<u8>,
    /// Bytes that may still come.
    left: u64,
    exported: Exported,
    each: F,
}

impl<F: FnMut(ExportedUser)> Lines<F> {
    pub(super) fn new(most: u64, each: F) -> Self {
        Self {
            line: Vec::new(),
            left: most,
            exported: Exported::default(),
            each,
        }
    }

    /// After the last byte: the last line may have no end.
    pub(super) fn finish(mut self) -> Exported {
        self.end_line();
        self.exported
    }

    fn end_line(&mut self) {
        if !self.line.iter().all(u8::is_ascii_whitespace) {
            match serde_json::from_slice(&self.line) {
                Ok(user) => {
                    self.exported.users += 1;
                    (self.each)(user);
                }
                Err(_) => self.exported.unreadable += 1,
            }
        }
        self.line.clear();
    }
}

impl<F: FnMut(ExportedUser)> Write for Lines<F> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| Error::new(ErrorKind::FileTooLarge, "it has too many bytes"))?;
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + part.len() > MAX_LINE {
                return Err(Error::new(ErrorKind::InvalidData, "a line of it is too long"));
            }
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.end_line();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// `true`, and nothing else but its text: Auth0 keeps both.
pub(super) fn is_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value == Value::Bool(true) || value == "true")
}

pub(super) fn text_or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: &[&str], most: u64) -> std::io::Result<(Exported, Vec<ExportedUser>)> {
        let mut users = Vec::new();
        let mut lines = Lines::new(most, |user| users.push(user));
        for part in parts {
            lines.write_all(part.as_bytes())?;
        }
        let exported = lines.finish();
        Ok((exported, users))
    }

    #[test]
    fn users_are_read_wherever_the_parts_are_cut() {
        let (exported, users) = read(
            &[
                "{\"user_id\":\"auth0|a\",\"email\":\"a@exa",
                "mple.com\",\"email_verified\":\"true\",\"connection\":\"db\"}\n\nno user\n{\"user_id\":",
                "\"github|1\",\"email\":null}",
            ],
            1000,
        )
        .unwrap();
        assert_eq!((exported.users, exported.unreadable), (2, 1));
        assert_eq!((users[0].email_verified, users[0].connection.as_str()), (true, "db"));
        assert_eq!((users[1].email.as_deref(), users[1].email_verified), (None, false));
    }

    #[test]
    fn what_never_ends_is_given_up() {
        let endless = "x".repeat(MAX_LINE);
        assert!(read(&[&endless, "x"], u64::MAX).is_err());
        assert!(read(&["{}\n{}\n"], 5).is_err());
    }
}

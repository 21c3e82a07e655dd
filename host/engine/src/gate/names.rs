//! Names of interfaces: `wasi:io/streams@0.2.6`.

/// The parts of an import's or export's name. A plain name (`init`) is all `interface`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name<'a> {
    pub(crate) package: &'a str,
    pub(crate) interface: &'a str,
    pub(crate) version: &'a str,
}

impl<'a> Name<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        let (path, version) = text.split_once('@').unwrap_or((text, ""));
        let (package, interface) = path.split_once('/').unwrap_or(("", path));
        Self {
            package,
            interface,
            version,
        }
    }

    pub(crate) fn same_interface(&self, other: &Self) -> bool {
        (self.package, self.interface) == (other.package, other.interface)
    }

    /// Whether the linker takes one for the other: releases of one major version, or below 1.0 of one minor version.
    pub(crate) fn compatible(&self, other: &Self) -> bool {
        match (track(self.version), track(other.version)) {
            (Some(own), Some(others)) => own == others,
            _ => self.version == other.version,
        }
    }
}

/// The part of a version within which releases only add. None for pre-releases and 0.0.x, which promise nothing.
fn track(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.split('.');
    let mut number = || parts.next()?.parse::<u64>().ok();
    let (major, minor, _patch) = (number()?, number()?, number()?);
    match (parts.next(), major, minor) {
        (Some(_), ..) | (None, 0, 0) => None,
        (None, 0, minor) => Some((0, minor)),
        (None, major, _) => Some((major, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_one_track_are_compatible() {
        let name = |version| Name {
            package: "a:b",
            interface: "c",
            version,
        };
        for (own, other, compatible) in [
            ("0.2.0", "0.2.12", true),
            ("0.1.0", "0.2.0", false),
            ("1.0.0", "1.4.2", true),
            ("1.0.0", "2.0.0", false),
            ("0.0.1", "0.0.2", false),
            ("0.2.0-rc.1", "0.2.0", false),
            ("", "", true),
            ("", "0.1.0", false),
        ] {
            assert_eq!(name(own).compatible(&name(other)), compatible, "{own} {other}");
        }
    }

    #[test]
    fn a_name_falls_into_its_parts() {
        let name = Name::parse("wasi:io/streams@0.2.6");
        assert_eq!(
            name,
            Name {
                package: "wasi:io",
                interface: "streams",
                version: "0.2.6"
            }
        );
        assert_eq!(
            Name::parse("init"),
            Name {
                package: "",
                interface: "init",
                version: ""
            }
        );
    }
}

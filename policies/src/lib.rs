//! The policies that Conjoin ships, as components, with their cases.
//!
//! The build script makes them; nothing here runs them. Each policy lives in a folder of its own beside this crate.

/// A shipped policy.
#[derive(Clone, Copy)]
pub struct Shipped {
    /// What `describe` answers as its name, and what `conjoin policy run NAME` takes.
    pub name: &'static str,
    /// The component, as it would be uploaded.
    pub component: &'static [u8],
    /// The cases beside its source, in the format of `conjoin_cases`.
    pub cases: &'static [CaseFile],
}

/// A case beside a shipped policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseFile {
    /// The file's name without `.json`.
    pub name: &'static str,
    /// The file's text.
    pub text: &'static str,
}

/// The default: both bags merged recursively, the primary's value wins, arrays joined.
pub const JOINED: Shipped = joined::SHIPPED;

/// Auth0's published sample under lodash 4, bit for bit.
pub const LODASH: Shipped = lodash::SHIPPED;

/// The oldest account survives; in a conflict the account used last wins, and arrays become their union.
pub const OLDEST_PRIMARY: Shipped = oldest_primary::SHIPPED;

/// Adds what only one account has; never merges `app_metadata`, and refuses where `user_metadata` differs.
pub const CAUTIOUS: Shipped = cautious::SHIPPED;

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// Every shipped policy, the default first.
#[must_use]
pub const fn shipped() -> &'static [Shipped] {
    &[JOINED, LODASH, OLDEST_PRIMARY, CAUTIOUS]
}

/// The shipped policy of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Shipped> {
    shipped().iter().find(|shipped| shipped.name == name)
}

impl std::fmt::Debug for Shipped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, component, cases } = self;
        write!(
            formatter,
            "Shipped({name}, {} bytes, {} cases)",
            component.len(),
            cases.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 0x0d of layer 1 is what the component model's binary format begins with.
    #[test]
    fn each_is_a_component_with_cases() {
        for policy in shipped() {
            assert!(policy.component.starts_with(b"\0asm\x0d\0\x01\0"), "{policy:?}");
            assert!(!policy.cases.is_empty(), "{policy:?}");
            assert_eq!(
                by_name(policy.name).map(|found| found.component.len()),
                Some(policy.component.len())
            );
        }
        assert!(by_name("none").is_none());
    }

    #[test]
    fn no_component_names_a_folder_of_the_machine_that_built_it() {
        let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let path = workspace.to_str().unwrap().as_bytes();
        for policy in shipped() {
            assert!(
                !policy.component.windows(path.len()).any(|window| window == path),
                "{policy:?}"
            );
        }
    }
}

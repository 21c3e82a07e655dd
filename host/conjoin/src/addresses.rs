//! Which addresses nobody between can read along to.

use url::{Host, Url};

/// Whether an address is this machine's. A name below `localhost` is not: some resolvers ask the network for it.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether nobody between reads along: TLS, or this machine itself.
pub(crate) fn is_private(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_this_machine(url))
}

//! Compiled code: where it may come from, and the one place that loads it.
//!
//! wasmtime maps an artifact into memory and runs it as it is: whoever chooses its bytes chooses what this process does. So there is a type for bytes that may be
//! loaded, and only this module makes one. This is also the only module with `unsafe` code.

use wasmtime::component::Component;

/// Compiled code that came out of this crate's own compiler: in this process, in a child that this process started and read from itself, or in an earlier
/// run of either, which the cache's authentication code vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Artifact(Vec<u8>);

impl Artifact {
    /// What a compiler in this process made.
    pub(crate) fn of(compiled: &Component) -> wasmtime::Result<Self> {
        compiled.serialize().map(Self)
    }

    /// What a child of this process answered. Only for bytes read from the pipe of a child that this process started, to its end.
    pub(crate) fn from_own_child(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// What the cache kept. Only for bytes whose authentication code, made with this host's key over all of them, was found right.
    pub(crate) fn authenticated(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Makes the code ready to run.
    ///
    /// # Errors
    /// Code for another release of wasmtime, other settings or another processor. It is told from the artifact's own head, so it is no protection against
    /// bytes made to hurt; the constructors are.
    #[allow(unsafe_code, reason = "the one place; see SAFETY")]
    pub(crate) fn load(&self, engine: &wasmtime::Engine) -> wasmtime::Result<Component> {
        // SAFETY: `deserialize` wants bytes that `Component::serialize` wrote, unchanged. Each constructor stands for one way of knowing that: `of` calls it;
        // `from_own_child` has them from a child that runs nothing but `Engine::make` and `Artifact::of`; `authenticated` has them from a file whose HMAC-SHA256
        // over every byte only a holder of this host's key can have made, and this crate makes it of the other two alone. The bytes are a private copy: nobody
        // can change them between the check and here. What remains is a component that takes over the compiler in the child: see `Jail`, "What it is not".
        unsafe { Component::deserialize(engine, &self.0) }
    }
}

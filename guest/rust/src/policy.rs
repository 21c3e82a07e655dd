//! The trait a policy implements, and how it becomes a component.

use std::marker::PhantomData;

use crate::bindings::exports::conjoin::policy::hooks;
use crate::{Account, Candidate, Description, Event, Failure, Plan, Side, Suggestion};

/// A policy: pure functions over two accounts that one person holds.
///
/// Every call runs in a fresh instance, so nothing a policy stores survives its return. The same event, accounts and
/// component must give the same answer.
pub trait Policy {
    /// What this policy is. Constant: the host reads it once, at upload.
    fn describe() -> Description;

    /// Of `found`, which accounts to offer, best first. None of them is proven yet.
    ///
    /// By default all are offered in the host's order, and the signed-in account survives.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the policy decides to offer nothing and says why, [`Failure::Broken`] when it cannot decide.
    fn select_candidates(event: &Event, current: &Account, found: &[Candidate]) -> Result<Vec<Suggestion>, Failure> {
        let _ = (event, current);
        Ok(found
            .iter()
            .map(|candidate| candidate.suggest(Side::Current, ""))
            .collect())
    }

    /// How the secondary's metadata goes into the primary's. Both accounts are proven.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the two must not be joined, [`Failure::Broken`] when the policy cannot decide.
    fn merge(event: &Event, primary: &Account, secondary: &Account) -> Result<Plan, Failure>;
}

/// Exports a [`Policy`] as the component's hooks.
///
/// Expands to nothing outside WebAssembly, so that several policies can be linked into one native program, as their
/// tests are.
#[macro_export]
macro_rules! export {
    ($policy:ty) => {
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the generated exports")]
        const _: () = {
            type ExportedPolicy = $crate::Exported<$policy>;
    $crate::bindings::export_component!(ExportedPolicy with_types_in $crate::bindings);
        };
    };
}

/// Stands between the generated glue and a [`Policy`].
#[doc(hidden)]
pub struct Exported<P>(PhantomData<P>);

impl<P: Policy> hooks::Guest for Exported<P> {
    fn describe() -> Description {
        P::describe()
    }

    fn select_candidates(event: Event, current: Account, found: Vec<Candidate>) -> Result<Vec<Suggestion>, Failure> {
        P::select_candidates(&event, &current, &found)
    }

    fn merge(event: Event, primary: Account, secondary: Account) -> Result<hooks::Plan, Failure> {
        P::merge(&event, &primary, &secondary).map(hooks::Plan::from)
    }
}

//! What the WIT contract looks like in Rust, generated.
//!
//! Policy authors use the re-exports of the crate root; only [`crate::export!`] reaches in here.

// The generated glue passes pointers across the component boundary; nothing outside this module may.
#![allow(unsafe_code, missing_docs, unused_qualifications)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "policy",
    additional_derives: [PartialEq],
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "conjoin_guest::bindings",
});

//! The C ABI: converts and delegates. Items are named as in C, so that one search finds both.
#![allow(unsafe_code, non_camel_case_types, clippy::missing_safety_doc)]

mod alloc;
pub(crate) mod cancel;
pub(crate) mod client;
pub(crate) mod code;
pub(crate) mod config;
mod guard;
mod pointer;
pub(crate) mod result;

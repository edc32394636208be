//! How bytes travel: connections, look-ups, proxies, trust, deadlines and cancellation.
//!
//! This is the only room that touches `ureq::unversioned`, which may change in a minor release;
//! hence the pinned version in Cargo.toml. It does so because ureq by itself resolves the host on
//! every call in a thread of its own, and cannot end a call from outside. Once ureq offers both,
//! `resolver`, `errand`, `transport` and `call` can go.

pub(crate) mod agent;
mod buffers;
mod call;
mod cancel;
mod certificate;
mod connector;
mod environment;
mod errand;
mod failure;
#[cfg(any(test, windows, target_vendor = "apple"))]
mod off_thread;
pub(crate) mod proxy;
mod records;
mod resolver;
pub(crate) mod roots;
mod sys;
mod tcp;
mod tls_error;
mod transport;
mod verifier;

pub use cancel::Cancel;
#[cfg(feature = "capi")]
pub(crate) use errand::THREADS;

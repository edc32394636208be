//! The network: connections, look-ups, proxies, trust, deadlines and cancellation.
//!
//! ureq composes requests and parses responses; this module makes the connections. Only it uses
//! `ureq::unversioned`, which may change in a minor release, so Cargo.toml pins ureq's version.

pub(crate) mod agent;
pub(crate) mod call;
mod cancel;
mod certificate;
mod connection;
mod connector;
mod environment;
mod failure;
mod incoming;
mod login;
#[cfg(any(test, windows, target_vendor = "apple"))]
mod off_thread;
mod pool;
pub(crate) mod proxy;
mod race;
mod records;
mod resolver;
pub(crate) mod roots;
pub(crate) mod settings;
mod single_flight;
mod stream;
mod sys;
mod system_proxy;
mod tcp;
mod tls_error;
pub(crate) mod trace;
mod tunnel;
mod verifier;

pub use cancel::Cancel;
#[cfg(feature = "capi")]
pub(crate) use single_flight::THREAD_PREFIX;

//! Calls against a scripted server, or against the emulator. Tests that measure the process or its
//! time are separate programs.

/// Another thread ends a call, wherever it waits.
mod cancellation;
/// The two routes that confirm a code.
mod confirm_routes;
/// Connections that are kept between calls, and the actions of a server on them.
mod connections;
/// The details of a failed call.
mod details;
/// The whole reset, against the emulator.
mod flow;

use autoshares_test_support::server::{ask, client};

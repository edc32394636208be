//! Calls against a service that is scripted, or against the emulator. What measures the process or its time has a program
//! apart.

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

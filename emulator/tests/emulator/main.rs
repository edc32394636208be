//! The emulator behaves as the documented service, and as a program that people and test suites start.

/// Clients that show each response as it is, and raw connections.
mod common;

/// The options that make the service behave as another installation of it, and failures on demand.
mod behaviour;
/// The four calls, rule by rule.
mod calls;
/// The errors outside the envelope, and the errors for invalid options.
mod errors;
/// Many, slow and endless clients.
mod hostile;
/// HTTPS with the certificate that the emulator makes at its start.
mod https;
/// Garbage, requests that are too large or too slow, too many connections.
mod limits;
/// The page for people and its data.
mod page;
/// The program as people and test suites start it. The tests need the signals that only Unix has.
#[cfg(unix)]
mod program;
/// DNS rebinding and cross-site requests fail.
mod rebinding;

//! Common parts of the network tests: servers that misbehave on purpose.
#![allow(dead_code, reason = "no test uses all of it")]

pub mod certificates;
pub mod ports;
pub mod server;
pub mod told;

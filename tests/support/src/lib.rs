//! Common parts of the network tests: servers that misbehave on purpose.

pub mod call;
pub mod certificates;
#[cfg(target_os = "linux")]
pub mod network;
pub mod ports;
pub mod script;
pub mod server;
pub mod sockets;
pub mod tagged;

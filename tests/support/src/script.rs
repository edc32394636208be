//! The scripts of a server, and the ways to it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use super::certificates::Config;

/// The beginning of a connection.
#[derive(Clone, Default)]
pub enum Opening {
    /// As the client expects: a tunnel where the server is a proxy, TLS where the URL is https.
    #[default]
    Well,
    /// With a handshake of this kind.
    Tls(Config),
    /// With a handshake of this kind, and this right behind the server's Finished.
    Early(Config, Vec<u8>),
    /// With this response to CONNECT.
    Connect(Vec<u8>),
    /// With the handshake of an `https://` proxy, where this is one, and nothing else.
    ToProxy,
    /// With nothing but TCP.
    Raw,
}

/// A step of a server. After its last step, a server responds correctly.
#[derive(Clone)]
pub enum Step {
    /// Waits for a request, header and body.
    Read,
    /// Waits for the first bytes.
    ReadSome,
    /// Sends this; `{here}` and `{elsewhere}` become the addresses of this server and of the decoy.
    Send(Vec<u8>),
    /// Responds to the last request with its tag, as [`tagged`](super::tagged) does.
    RespondTagged,
    /// Sends this over and over.
    Endless(Vec<u8>),
    /// Sends this byte by byte, over and over.
    Drip(Vec<u8>),
    /// Sends the first bytes of a server's handshake.
    Hello(Config, usize),
    /// Sends this past TLS.
    Past(Vec<u8>),
    /// Sends this in a record that does not decrypt.
    Damaged(Vec<u8>),
    /// Sends a record with this, without its end.
    Part(Vec<u8>),
    /// Asks for new keys, as TLS may at any time.
    Rekey,
    Wait(Duration),
    /// Waits until the client has read everything that was sent.
    AwaitRead,
    /// Does nothing more until the client closes the connection.
    Hold,
    /// Ends the connection as it should end.
    End,
    /// Closes it without a close_notify.
    Cut,
    Reset,
    /// Leaves the connection open and never reads from it again.
    Forget,
}

/// A last step, which a server reaches once it has done the others.
pub const DONE: Step = Step::Wait(Duration::ZERO);

#[derive(Clone, Default)]
pub struct Script {
    pub opening: Opening,
    pub steps: Arc<[Step]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub https: bool,
    /// It is a proxy on the way to the host.
    pub proxy: Option<Via>,
    pub ip: IpAddr,
}

/// The protocol to a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    Plain,
    Tls,
}

pub const HTTP: Kind = Kind {
    https: false,
    proxy: None,
    ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
};
pub const HTTPS: Kind = Kind {
    https: true,
    ..HTTP
};
/// Every way to a service: directly, or through a proxy with or without TLS.
pub const WAYS: [Kind; 6] = [
    HTTP,
    HTTPS,
    through(Via::Plain, HTTP),
    through(Via::Plain, HTTPS),
    through(Via::Tls, HTTP),
    through(Via::Tls, HTTPS),
];
pub const LOCALHOST_V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

pub const fn through(via: Via, kind: Kind) -> Kind {
    Kind {
        proxy: Some(via),
        ..kind
    }
}

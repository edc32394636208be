//! Makes connections: look-up, TCP, the proxy's tunnel, TLS.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection};
use ureq::http::Uri;
use ureq::http::uri::Scheme;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, Either, NextTimeout, Transport,
    TransportAdapter,
};

use super::call;
use super::failure::Failure;
use super::resolver;
use super::tcp::Tcp;
use super::transport::{Connection, Link};
use crate::base_url::server_name;
use crate::error::Code;

/// Stands where ureq looks names up, which it does before each call, also where a kept connection
/// serves. The look-up is the connector's part here.
#[derive(Debug)]
pub(super) struct NoLookup;

impl Resolver for NoLookup {
    fn resolve(
        &self,
        _: &Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

pub(super) struct Dial {
    /// `None` where neither the service nor the proxy is spoken to over TLS.
    pub tls: Option<Arc<ClientConfig>>,
    pub tunnel: ConnectProxyConnector,
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dial")
    }
}

impl Connector for Dial {
    type Out = Connection;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Connection>, ureq::Error> {
        let outermost = call::begin_connecting();
        let connection = self.dial(details)?;
        if !outermost {
            let (tunnel, plain) = connection.tunnel();
            call::with(|call| call.to_proxy = plain);
            return Ok(Some(tunnel));
        }
        call::end_connecting();
        Ok(Some(connection))
    }
}

impl Dial {
    fn dial(&self, details: &ConnectionDetails) -> Result<Connection, Failure> {
        let internal = || Failure::new(Code::Internal, "");
        let host = details.uri.host().ok_or_else(internal)?;
        let is_https = details.uri.scheme() == Some(&Scheme::HTTPS);
        let link = match self.through_proxy(details)? {
            Some(tunnel) => Link::Tunnel {
                adapter: TransportAdapter::new(tunnel, Arc::clone(&details.current_time)),
                plain: call::with(|call| call.to_proxy.take()),
            },
            None => {
                let default = if is_https { 443 } else { 80 };
                Link::Tcp(tcp(host, details.uri.port_u16().unwrap_or(default))?)
            }
        };
        if !is_https {
            return Ok(Connection::plain(link));
        }
        let config = self.tls.clone().ok_or_else(internal)?;
        let name = server_name(host).ok_or_else(internal)?;
        let tls = ClientConnection::new(config, name).map_err(|e| Failure::tls(&e))?;
        Connection::tls(link, tls)
    }

    /// The tunnel, where there is a proxy. ureq comes back to this connector for the connection
    /// to the proxy, with a configuration that names none.
    fn through_proxy(
        &self,
        details: &ConnectionDetails,
    ) -> Result<Option<Box<dyn Transport>>, Failure> {
        let Some(proxy) = details.config.proxy() else {
            return Ok(None);
        };
        let tunnel = Connector::<()>::connect(&self.tunnel, details, None)
            .map_err(|e| Failure::from(e).of_proxy(proxy.host()))?;
        Ok(match tunnel {
            Some(Either::B(tunnel)) => Some(tunnel),
            _ => None,
        })
    }
}

/// A connection to any of the host's addresses. They are forgotten where none can be had.
fn tcp(host: &str, port: u16) -> Result<Tcp, Failure> {
    let addresses = resolver::addresses(host)?;
    let connected = try_in_turn(&addresses, port);
    match &connected {
        Ok((0, _)) => {}
        Ok((index, _)) => resolver::prefer(host, addresses[*index]),
        Err(_) => resolver::forget(host),
    }
    connected.map(|(_, tcp)| tcp)
}

/// Tries the addresses in order, each with its share of the time left, so that one dead address
/// costs no call. Also says which one it was.
fn try_in_turn(addresses: &[IpAddr], port: u16) -> Result<(usize, Tcp), Failure> {
    let mut failure = Failure::new(Code::ResolveFailed, "the name has no address");
    for (index, address) in addresses.iter().enumerate() {
        let share = call::time_left()? / (addresses.len() - index) as u32;
        match Tcp::connect(SocketAddr::new(*address, port), share) {
            Ok(tcp) => return Ok((index, tcp)),
            Err(e) if e.code == Code::ConnectFailed => failure = e,
            Err(e) => return Err(e),
        }
    }
    // Where the last address had all that was left, it is the time that ran out.
    call::time_left()?;
    Err(failure)
}

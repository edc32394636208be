//! Makes connections: look-up, TCP, the proxy's tunnel, TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use httparse::{Response, Status};
use rustls::{ClientConfig, ClientConnection};
use ureq::http::HeaderValue;

use super::call::Limits;
use super::failure::Failure;
use super::proxy::Proxy;
use super::stream::Stream;
use super::tcp::Tcp;
use super::trace::note;
use super::{race, resolver, verifier};
use crate::base_url::server_name;
use crate::error::Code;

/// Where a client's connections lead.
pub(super) struct Route {
    /// As it stands in the URL: an IPv6 address has its brackets.
    pub host: String,
    pub port: u16,
    pub is_https: bool,
    pub proxy: Option<Proxy>,
    /// For the proxy; the service is told by the request.
    pub user_agent: HeaderValue,
}

const TOO_LARGE: &str = "its response to CONNECT is larger than 16 KiB";
const EAGER: &str = "it sent data in the tunnel before it was asked for anything";

/// The most that is read of a proxy's response to CONNECT.
const MAX_HEADER: usize = 16 * 1024;
const MAX_FIELDS: usize = 128;

impl Route {
    /// A new connection, on which the service has been told nothing yet. `tls` is there where the
    /// service or the proxy wants it.
    pub fn connect(
        &self,
        tls: Option<&Arc<ClientConfig>>,
        limits: &Limits,
        steps: &mut Vec<String>,
    ) -> Result<Stream, Failure> {
        let stream = match &self.proxy {
            None => tcp(&self.host, self.port, limits, steps)?,
            Some(proxy) => self
                .through(proxy, tls, limits, steps)
                .map_err(|failure| failure.of_proxy(&proxy.host))?,
        };
        if self.is_https {
            secure(stream, &self.host, tls, limits, steps)
        } else {
            Ok(stream)
        }
    }

    fn through(
        &self,
        proxy: &Proxy,
        tls: Option<&Arc<ClientConfig>>,
        limits: &Limits,
        steps: &mut Vec<String>,
    ) -> Result<Stream, Failure> {
        let mut stream = tcp(&proxy.host, proxy.port, limits, steps)?;
        if proxy.is_https {
            stream = secure(stream, &proxy.host, tls, limits, steps)?;
        }
        let started = Instant::now();
        let tunnel = self.ask_for_tunnel(&mut stream, proxy, limits);
        note(steps, "tunnel", started, &tunnel);
        tunnel?;
        Ok(stream)
    }

    fn ask_for_tunnel(
        &self,
        stream: &mut Stream,
        proxy: &Proxy,
        limits: &Limits,
    ) -> Result<(), Failure> {
        let target = format!("{}:{}", self.host, self.port);
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
        let mut add = |name: &str, value: &[u8]| {
            request.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        };
        add("User-Agent", self.user_agent.as_bytes());
        add("Proxy-Connection", b"Keep-Alive");
        if let Some(login) = proxy.authorization() {
            add("Proxy-Authorization", login.expose().as_bytes());
        }
        request.extend(b"\r\n");
        let mut taken = 0;
        while taken < request.len() || stream.has_unsent() {
            taken += stream.write(&request[taken..], Some(limits))?;
        }

        let mut response = [0; MAX_HEADER];
        let (mut start, mut end) = (0, 0);
        loop {
            if end == response.len() {
                return Err(Failure::new(Code::ConnectFailed, TOO_LARGE));
            }
            let count = stream.read(&mut response[end..], Some(limits))?;
            if count == 0 {
                return Err(Failure::closed());
            }
            end += count;
            // Informational responses may come first.
            while let Some((size, status)) = header(&response[start..end])? {
                start += size;
                let why = match status {
                    100 | 102..=199 => continue,
                    200..=299 if start == end => match stream.expect_silence(Some(limits)) {
                        Err(failure) if failure.is_unasked => EAGER.into(),
                        // An end is for the next step to find.
                        _ => return Ok(()),
                    },
                    200..=299 => EAGER.into(),
                    407 => "it wants a user name and a password (HTTP 407)".into(),
                    status => format!("it refused the tunnel (HTTP {status})"),
                };
                return Err(Failure::new(Code::ConnectFailed, why));
            }
        }
    }
}

/// The size of the header that begins here, and its status; `None` where its end has not arrived.
fn header(bytes: &[u8]) -> Result<Option<(usize, u16)>, Failure> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut header = Response::new(&mut fields);
    match header.parse(bytes) {
        Ok(Status::Complete(size)) => Ok(Some((size, header.code.unwrap_or_default()))),
        Ok(Status::Partial) => Ok(None),
        Err(e) => Err(Failure::not_http(&e)),
    }
}

/// A connection to any of the host's addresses. They are forgotten where none can be had.
fn tcp(host: &str, port: u16, limits: &Limits, steps: &mut Vec<String>) -> Result<Stream, Failure> {
    let started = Instant::now();
    let addresses = resolver::addresses(host, limits);
    note(steps, &format!("look-up of {host}"), started, &addresses);
    let addresses = addresses?;
    let targets = addresses.iter().map(|ip| SocketAddr::new(*ip, port));
    let targets: Vec<_> = targets.collect();
    let raced = race::connect(&targets, limits, steps);
    let (place, socket) = raced.inspect_err(|_| resolver::forget(host))?;
    if place > 0 {
        resolver::prefer(host, addresses[place]);
    }
    let tcp = Tcp::new(socket, limits).map_err(|e| Failure::io(Code::ConnectFailed, &e))?;
    Ok(Stream::Tcp(tcp))
}

fn secure(
    stream: Stream,
    host: &str,
    tls: Option<&Arc<ClientConfig>>,
    limits: &Limits,
    steps: &mut Vec<String>,
) -> Result<Stream, Failure> {
    let started = Instant::now();
    let config = tls.ok_or_else(Failure::internal)?;
    let name = server_name(host).ok_or_else(Failure::internal)?;
    let session = ClientConnection::new(Arc::clone(config), name).map_err(|e| Failure::tls(&e))?;
    let secured = Stream::secure(stream, session, limits);
    note(steps, &format!("TLS with {host}"), started, &secured);
    if let (Err(_), Some(certificate)) = (&secured, verifier::take_refused()) {
        steps.push(format!("refused certificate: {certificate}"));
    }
    secured
}

//! The record of a call, for a log that support staff read when a call fails on a customer's
//! machine. It holds no secret, no query and no body.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::{CipherSuite, HandshakeKind, ProtocolVersion};

use super::connector::Route;
use super::failure::Failure;
use super::proxy::Choice;
use super::tcp::Carried;
use crate::argument;

#[derive(Clone)]
pub(crate) struct Trace {
    route: Arc<Route>,
    began: Instant,
    ended: Instant,
    pub(super) connection: Connection,
    /// The proxy and its source, if the system was asked for it.
    pub(super) via: Option<Arc<str>>,
    /// A line for each step of making connections, and for each failed step of an exchange.
    pub(super) steps: Vec<String>,
    pub(super) tls: Option<Tls>,
    pub(super) carried: Carried,
    pub(super) first_byte: Option<Instant>,
    /// The service's identifier of the request, fit to show.
    pub(crate) request_id: Option<String>,
}

/// The connection that the call used last, if any.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Connection {
    None,
    New,
    /// An earlier call made it.
    Kept,
}

/// The result of a handshake.
#[derive(Clone, Copy)]
pub(super) struct Tls {
    pub version: Option<ProtocolVersion>,
    pub suite: Option<CipherSuite>,
    pub kind: Option<HandshakeKind>,
}

impl Trace {
    pub(super) fn new(route: Arc<Route>, began: Instant) -> Self {
        Self {
            route,
            began,
            ended: began,
            connection: Connection::None,
            via: None,
            steps: Vec::new(),
            tls: None,
            carried: Carried::default(),
            first_byte: None,
            request_id: None,
        }
    }

    /// Adds the step at which an exchange failed. The call may go on with another connection.
    pub(super) fn failed(&mut self, step: &str, why: &str) {
        let place = match self.connection {
            Connection::Kept => ", on a kept connection",
            _ => "",
        };
        self.steps.push(format!("{step}{place}: failed: {why}"));
    }

    pub(super) fn end(&mut self) {
        self.ended = Instant::now();
    }
}

/// The outcome of a call, in short.
pub(crate) struct Outcome<'a> {
    pub name: &'a str,
    pub http_status: u16,
    pub request_sent: bool,
    pub os_error: i32,
}

impl Outcome<'_> {
    /// Lines for a log.
    pub fn details(&self, trace: Option<&Trace>) -> String {
        use std::env::consts::{ARCH, OS};

        let version = env!("CARGO_PKG_VERSION");
        let sent = if self.request_sent {
            "sent"
        } else {
            "not sent"
        };
        let mut text = format!("autoshares-reset {version} on {OS}, {ARCH}\n");
        text += &format!("outcome: {}, request {sent}", self.name);
        if self.http_status != 0 {
            text += &format!(", HTTP {}", self.http_status);
        }
        if self.os_error != 0 {
            text += &format!(", system error {}", self.os_error);
        }
        match trace {
            Some(trace) => format!("{text}\n{trace}"),
            None => text,
        }
    }
}

/// Milliseconds with a tenth: `0.4 ms`.
pub(super) struct Milliseconds(pub Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} ms", self.0.as_secs_f64() * 1000.0)
    }
}

/// Adds a step with its outcome and duration.
pub(super) fn note<T>(
    steps: &mut Vec<String>,
    what: &str,
    started: Instant,
    outcome: &Result<T, Failure>,
) {
    let took = Milliseconds(started.elapsed());
    steps.push(match outcome {
        Ok(_) => format!("{what}: done in {took}"),
        Err(failure) => format!("{what}: failed after {took}: {}", failure.in_short()),
    });
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Route {
            host,
            port,
            is_https,
            proxy,
            ..
        } = &*self.route;
        let scheme = if *is_https { "https" } else { "http" };
        writeln!(f, "service: {scheme}, {host}, port {port}")?;
        match (proxy, &self.via) {
            (Choice::Direct, _) => writeln!(f, "proxy: none")?,
            (Choice::Named(proxy), _) => {
                let (host, port) = (&proxy.host, proxy.port);
                let source = match proxy.source {
                    argument::PROXY => "the setting",
                    variable => variable,
                };
                writeln!(f, "proxy: {host}, port {port}, from {source}")?;
            }
            (Choice::System(_), Some(via)) => writeln!(f, "proxy: {via}")?,
            (Choice::System(_), None) => writeln!(f, "proxy: not known, from the system")?,
        }
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        let connection = match self.connection {
            Connection::None => "none",
            Connection::New => "new",
            Connection::Kept => "kept from an earlier call",
        };
        writeln!(f, "connection: {connection}")?;
        if let Some(tls) = &self.tls {
            let version = match tls.version {
                Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
                Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
                _ => "TLS",
            };
            let session = match tls.kind {
                Some(HandshakeKind::Resumed) => "a resumed session",
                _ => "a new session",
            };
            let suite = tls.suite.and_then(|suite| suite.as_str());
            writeln!(f, "TLS: {version}, {}, {session}", suite.unwrap_or("?"))?;
        }
        let Carried { written, received } = self.carried;
        writeln!(f, "bytes: {written} sent, {received} received")?;
        if let Some(first) = self.first_byte {
            let wait = Milliseconds(first.saturating_duration_since(self.began));
            writeln!(f, "first byte of the response: after {wait}")?;
        }
        if let Some(id) = &self.request_id {
            writeln!(f, "request identifier: {id}")?;
        }
        let whole = Milliseconds(self.ended.saturating_duration_since(self.began));
        write!(f, "whole call: {whole}")
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Two failures of one kind are equal, however long the calls took.
impl PartialEq for Trace {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Trace {}

//! The idle connections of a process, and how ureq gets one for an exchange.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::connection::Connection;
use super::failure::Failure;
use super::roots;
use super::stream::Stream;

/// How many connections are kept, and for how long.
const KEPT: usize = 64;
const KEPT_FOR: Duration = Duration::from_secs(60);

pub(super) struct Pool {
    pub tls: Option<Arc<ClientConfig>>,
    /// The one that was idle last stands at the end, and is used first.
    idle: Mutex<VecDeque<(Instant, Line)>>,
}

impl Pool {
    pub fn new(tls: Option<&ClientConfig>) -> Self {
        Self {
            tls: tls.map(|tls| Arc::new(roots::with_own_sessions(tls))),
            idle: Mutex::default(),
        }
    }

    /// An idle connection that is young enough. Older ones are closed.
    pub fn take(&self, now: Instant) -> Option<Line> {
        let mut idle = self.idle();
        let is_old = |since: Instant| now.saturating_duration_since(since) >= KEPT_FOR;
        let mut closed = Vec::new();
        while idle.front().is_some_and(|(since, _)| is_old(*since)) {
            closed.extend(idle.pop_front());
        }
        let line = idle.pop_back().map(|(_, line)| line);
        // A close may take a while.
        drop(idle);
        drop(closed);
        line
    }

    pub fn keep(&self, line: Line, since: Instant) {
        let mut idle = self.idle();
        idle.push_back((since, line));
        let oldest = (idle.len() > KEPT).then(|| idle.pop_front());
        // A close may take a while.
        drop(idle);
        drop(oldest);
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<(Instant, Line)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection, and the ureq that speaks HTTP on it alone.
pub(super) struct Line {
    pub ureq: ureq::Agent,
    /// What it goes through, where the system was asked.
    pub via: Option<Arc<str>>,
    slot: Slot,
}

/// Where the connection lies while ureq does not have it.
type Slot = Arc<Mutex<Option<Box<Connection>>>>;

impl Line {
    pub fn new(stream: Stream, config: ureq::config::Config, via: Option<Arc<str>>) -> Self {
        let slot = Slot::new(Mutex::new(Some(Box::new(Connection::new(stream)))));
        let connector = FromSlot(Arc::clone(&slot));
        Self {
            ureq: ureq::Agent::with_parts(config, connector, NoLookup),
            via,
            slot,
        }
    }

    /// Works on the connection, which is here before an exchange and, because ureq has dropped all
    /// that it had, after it.
    pub fn with<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> T {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        work(slot.as_mut().expect("ureq gives the connection back"))
    }
}

/// Gives ureq the connection in a slot, once an exchange.
#[derive(Debug)]
struct FromSlot(Slot);

impl Connector for FromSlot {
    type Out = Lent;

    fn connect(&self, _: &ConnectionDetails, _: Option<()>) -> Result<Option<Lent>, ureq::Error> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(Some(Lent {
            connection: Some(taken.ok_or_else(Failure::internal)?),
            slot: Arc::clone(&self.0),
        }))
    }
}

/// A connection that ureq has, until it drops it.
#[derive(Debug)]
struct Lent {
    connection: Option<Box<Connection>>,
    slot: Slot,
}

impl Lent {
    fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("it is here until the drop")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = self.connection.take();
    }
}

impl Transport for Lent {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection()
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.connection().hold(amount);
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        Ok(self.connection().receive()?)
    }

    /// ureq asks this when it would keep the connection. It must not: the pool does.
    fn is_open(&mut self) -> bool {
        self.connection().finish();
        false
    }

    fn is_tls(&self) -> bool {
        self.connection.as_ref().is_some_and(|c| c.is_tls())
    }
}

/// Stands where ureq looks names up: the connection is there already.
#[derive(Debug)]
struct NoLookup;

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

//! The idle connections of a process, and the adapter that lends one to ureq for an exchange.

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

const MAX_IDLE: usize = 64;
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) struct Pool {
    pub tls: Option<Arc<ClientConfig>>,
    /// The most recently used one is at the end, and is reused first.
    idle: Mutex<VecDeque<(Instant, PooledConnection)>>,
}

impl Pool {
    pub fn new(tls: Option<&ClientConfig>) -> Self {
        Self {
            tls: tls.map(|tls| Arc::new(roots::with_own_sessions(tls))),
            idle: Mutex::default(),
        }
    }

    /// Returns an idle connection, and closes those that were idle for too long.
    pub fn acquire(&self, now: Instant) -> Option<PooledConnection> {
        let mut idle = self.idle();
        let is_old = |since: Instant| now.saturating_duration_since(since) >= IDLE_TIMEOUT;
        let mut closed = Vec::new();
        while idle.front().is_some_and(|(since, _)| is_old(*since)) {
            closed.extend(idle.pop_front());
        }
        let connection = idle.pop_back().map(|(_, connection)| connection);
        // Closed without the lock, because a close may take a while.
        drop(idle);
        drop(closed);
        connection
    }

    pub fn recycle(&self, connection: PooledConnection, since: Instant) {
        let mut idle = self.idle();
        idle.push_back((since, connection));
        let oldest = (idle.len() > MAX_IDLE).then(|| idle.pop_front());
        // Closed without the lock, because a close may take a while.
        drop(idle);
        drop(oldest);
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<(Instant, PooledConnection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection, and a ureq agent for this connection only.
pub(super) struct PooledConnection {
    pub ureq: ureq::Agent,
    /// The proxy, if the system named it.
    pub via: Option<Arc<str>>,
    slot: Slot,
}

/// Holds the connection while ureq does not have it.
type Slot = Arc<Mutex<Option<Box<Connection>>>>;

impl PooledConnection {
    pub fn new(stream: Stream, config: ureq::config::Config, via: Option<Arc<str>>) -> Self {
        let slot = Slot::new(Mutex::new(Some(Box::new(Connection::new(stream)))));
        let connector = SlotConnector(Arc::clone(&slot));
        Self {
            ureq: ureq::Agent::with_parts(config, connector, UnusedResolver),
            via,
            slot,
        }
    }

    /// Accesses the connection before or after an exchange, when ureq does not have it.
    pub fn with<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> T {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        work(slot.as_mut().expect("ureq gives the connection back"))
    }
}

/// Gives ureq the connection in the slot, once for each exchange.
#[derive(Debug)]
struct SlotConnector(Slot);

impl Connector for SlotConnector {
    type Out = SlotTransport;

    fn connect(
        &self,
        _: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<SlotTransport>, ureq::Error> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(Some(SlotTransport {
            connection: Some(taken.ok_or_else(Failure::internal)?),
            slot: Arc::clone(&self.0),
        }))
    }
}

/// Lends the connection to ureq; dropping it puts the connection back into the slot.
#[derive(Debug)]
struct SlotTransport {
    connection: Option<Box<Connection>>,
    slot: Slot,
}

impl SlotTransport {
    fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("it is here until the drop")
    }
}

impl Drop for SlotTransport {
    fn drop(&mut self) {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = self.connection.take();
    }
}

impl Transport for SlotTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection()
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.connection().buffer_output(amount);
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        Ok(self.connection().receive()?)
    }

    /// ureq asks this before it keeps the connection. This returns `false`, because the pool keeps
    /// it.
    fn is_open(&mut self) -> bool {
        self.connection().finish();
        false
    }

    fn is_tls(&self) -> bool {
        self.connection.as_ref().is_some_and(|c| c.is_tls())
    }
}

/// Replaces ureq's resolver, because the connection already exists.
#[derive(Debug)]
struct UnusedResolver;

impl Resolver for UnusedResolver {
    fn resolve(
        &self,
        _: &Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

//! The state that all connections and the emulator's owner share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::journal::{Journal, Record};
use crate::options::Options;
use crate::reply::Reply;
use crate::service::Service;

pub(crate) struct State {
    pub(crate) options: Options,
    pub(crate) slots: Arc<Semaphore>,
    service: Mutex<Service>,
    journal: Mutex<Journal>,
    connections: AtomicU64,
}

impl State {
    pub(crate) fn new(options: Options) -> Self {
        State {
            service: Mutex::new(Service::new(&options)),
            slots: Arc::new(Semaphore::new(
                options.max_connections.min(Semaphore::MAX_PERMITS),
            )),
            options,
            journal: Mutex::default(),
            connections: AtomicU64::new(0),
        }
    }

    pub(crate) fn service(&self) -> MutexGuard<'_, Service> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn connection_count(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn count_connection(&self) {
        self.connections.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn read_timeout(&self) -> Duration {
        // hyper adds it to the current time, and a very long one would overflow.
        const DAY: Duration = Duration::from_secs(24 * 3600);
        self.options.read_timeout.min(DAY)
    }

    /// Delivers the reply's mail and records the request.
    pub(crate) fn record(&self, mut record: Record, sent: String, reply: &Reply) {
        if let (Some(mail), Some(hook)) = (&reply.mail, &self.options.on_mail) {
            hook(mail);
        }
        record.status = reply.status.as_u16();
        if let Some(hook) = &self.options.on_request {
            hook(&record);
        }
        self.journal().add(record, sent, reply);
    }
}

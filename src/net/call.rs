//! A call's limits and its state.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::cancel::{Cancel, Wake, Watch};
use super::failure::Failure;
use super::trace::Trace;
use crate::error::Code;

/// The end of a call: its deadline, or the trigger of its token.
#[derive(Clone)]
pub(super) struct Limits {
    pub began: Instant,
    timeout: Duration,
    deadline: Instant,
    connect_timeout: Duration,
    /// The deadline for a connection, while one is made.
    connect_by: Option<Instant>,
    cancel: Option<Cancel>,
}

impl Limits {
    pub fn new(timeout: Duration, connect_timeout: Duration, cancel: Option<&Cancel>) -> Self {
        let began = Instant::now();
        Self {
            began,
            timeout,
            deadline: began + timeout,
            connect_timeout,
            connect_by: None,
            cancel: cancel.cloned(),
        }
    }

    pub fn has_token(&self) -> bool {
        self.cancel.is_some()
    }

    /// Fails once the call's token is triggered.
    pub fn check_token(&self) -> Result<(), Failure> {
        match &self.cancel {
            Some(cancel) if cancel.is_triggered() => Err(Failure::cancelled()),
            _ => Ok(()),
        }
    }

    /// The time left for the call; fails once the time is up or the token is triggered.
    pub fn time_left(&self) -> Result<Duration, Failure> {
        self.check_token()?;
        let until = self.connect_by.unwrap_or(self.deadline);
        let left = until.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            return Ok(left);
        }
        let (what, limit) = if until < self.deadline {
            ("connection", self.connect_timeout)
        } else {
            ("complete response", self.timeout)
        };
        let detail = format!("no {what} within {} s", limit.as_secs_f64());
        Err(Failure::new(Code::Timeout, detail))
    }

    /// Registers `blocked`, on which the call waits, so that the call's token can wake it.
    pub fn watch(&self, blocked: &Arc<impl Wake + 'static>) -> Option<Watch> {
        let cancel = self.cancel.as_ref()?;
        Some(cancel.watch(Arc::clone(blocked) as _))
    }

    /// The same limits with the shorter deadline for making a connection.
    pub fn connecting(&self) -> Self {
        self.at_most(self.connect_timeout)
    }

    /// The same limits for a wait of at most this time.
    pub fn at_most(&self, longest: Duration) -> Self {
        let until = Instant::now().checked_add(longest);
        Self {
            connect_by: Some(until.map_or(self.deadline, |until| until.min(self.deadline))),
            ..self.clone()
        }
    }

    /// The same limits with an equal share of the time for each of `count` successive attempts: a
    /// proxy that does not respond must leave time for the next.
    pub fn share(&self, count: usize) -> Result<Self, Failure> {
        let connect_timeout = self.time_left()? / count.try_into().unwrap_or(u32::MAX);
        Ok(Self {
            connect_by: Some(Instant::now() + connect_timeout),
            connect_timeout,
            ..self.clone()
        })
    }
}

/// A call on its way through the network.
pub(crate) struct Call {
    pub(super) limits: Limits,
    /// A byte of a request was handed to the system, so the service may have acted on it.
    pub sent: bool,
    pub(crate) trace: Trace,
}

impl Call {
    pub fn end(mut self) -> Trace {
        self.trace.end();
        self.trace
    }
}

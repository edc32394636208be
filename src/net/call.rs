//! The call that this thread is in: its deadline, its cancel token, and what has become of it.
//!
//! ureq runs connectors and transports on the caller's thread but hands them nothing of ours, so
//! a thread-local carries it. That also spares them ureq's per-phase timeouts: one deadline holds
//! for all that happens.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::cancel::{Cancel, Wake, Watch};
use super::failure::Failure;
use crate::error::Code;

thread_local! {
    /// Emptied by [`Call::run`] and never dropped, so that it is there to the thread's very end:
    /// the host may call from a destructor.
    static CURRENT: RefCell<ManuallyDrop<Option<Call>>> =
        const { RefCell::new(ManuallyDrop::new(None)) };
}

fn take_current() -> Option<Call> {
    ManuallyDrop::into_inner(CURRENT.replace(ManuallyDrop::new(None)))
}

pub(super) struct Call {
    pub timeout: Duration,
    pub deadline: Instant,
    pub connect_timeout: Duration,
    /// When the present phase must be over, while a connection is being made.
    connect_by: Option<Instant>,
    cancel: Option<Cancel>,
    watch: Option<Watch>,
    /// What has just connected to the proxy; ureq hands it to the tunnel's other end in disguise.
    pub to_proxy: Option<Arc<Socket>>,
    /// No kept connection will do, because one has just turned out to be dead.
    pub fresh: bool,
    /// At least as many bytes as the request has, header and body.
    pub request_size: usize,
    /// A connection was made for this call.
    pub connected: bool,
    /// Some of the request left.
    pub sent: bool,
    /// Some of an answer came.
    pub received: bool,
}

impl Call {
    pub fn new(
        timeout: Duration,
        connect_timeout: Duration,
        cancel: Option<&Cancel>,
        request_size: usize,
    ) -> Self {
        Self {
            timeout,
            deadline: Instant::now() + timeout,
            connect_timeout,
            connect_by: None,
            cancel: cancel.cloned(),
            watch: None,
            to_proxy: None,
            fresh: false,
            request_size,
            connected: false,
            sent: false,
            received: false,
        }
    }

    /// The same call once more, on a new connection, with the time that is left.
    pub fn again(self) -> Self {
        Self {
            connect_by: None,
            watch: None,
            to_proxy: None,
            fresh: true,
            connected: false,
            received: false,
            ..self
        }
    }

    /// Makes this the thread's call while `work` runs.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> (T, Self) {
        /// Also after a panic the thread is in no call.
        struct Leave;
        impl Drop for Leave {
            fn drop(&mut self) {
                take_current();
            }
        }
        CURRENT.set(ManuallyDrop::new(Some(self)));
        let leave = Leave;
        let result = work();
        let call = take_current().expect("nothing else takes it");
        std::mem::forget(leave);
        (result, call)
    }

    fn check_token(&self) -> Result<(), Failure> {
        match &self.cancel {
            Some(cancel) if cancel.is_triggered() => Err(Failure::cancelled()),
            _ => Ok(()),
        }
    }

    fn time_left(&self) -> Result<Duration, Failure> {
        self.check_token()?;
        let until = self.connect_by.unwrap_or(self.deadline);
        let left = until.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            return Ok(left);
        }
        Err(if until < self.deadline {
            let limit = self.connect_timeout.as_millis();
            Failure::new(Code::Timeout, format!("no connection within {limit} ms"))
        } else {
            let limit = self.timeout.as_millis();
            Failure::new(
                Code::Timeout,
                format!("no complete answer within {limit} ms"),
            )
        })
    }
}

/// Works on the thread's call. Only connectors and transports come here, and they run in one.
pub(super) fn with<T>(work: impl FnOnce(&mut Call) -> T) -> T {
    CURRENT.with_borrow_mut(|call| work(call.as_mut().expect("the network is used in a call")))
}

pub(super) fn has_token() -> bool {
    with(|call| call.cancel.is_some())
}

/// Fails once the call's token was triggered.
pub(super) fn check_token() -> Result<(), Failure> {
    with(|call| call.check_token())
}

/// How long the call may go on waiting; fails once its time is up or its token was triggered.
pub(super) fn time_left() -> Result<Duration, Failure> {
    with(|call| call.time_left())
}

/// From here on the call may block in `blocked`: a trigger of its token wakes that.
pub(super) fn watch(blocked: &Arc<impl Wake + 'static>) {
    with(|call| {
        let Some(cancel) = &call.cancel else { return };
        if call.watch.as_ref().is_some_and(|w| w.is_for(blocked)) {
            return;
        }
        // The old one first: its place in the token's list is free then.
        call.watch = None;
        call.watch = Some(cancel.watch(Arc::clone(blocked) as _));
    });
}

/// What the call blocked in is about to be somebody else's.
pub(super) fn unwatch() {
    with(|call| call.watch = None);
}

/// Opens the connecting phase, which has a limit of its own; `false` where it is open already, as
/// when the connection to a proxy is made within it.
pub(super) fn begin_connecting() -> bool {
    with(|call| {
        if call.connect_by.is_some() {
            return false;
        }
        call.connected = true;
        call.connect_by = Some(call.deadline.min(Instant::now() + call.connect_timeout));
        true
    })
}

/// Some of the request left. While connecting, only the proxy or TLS was spoken to.
pub(super) fn mark_sent() {
    with(|call| call.sent |= call.connect_by.is_none());
}

pub(super) fn is_connecting() -> bool {
    with(|call| call.connect_by.is_some())
}

pub(super) fn end_connecting() {
    with(|call| call.connect_by = None);
}

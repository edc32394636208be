//! Limits the number of simultaneous connections, and ends all of them.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Each connection has a thread, so their number is bounded.
const PLACES: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Places {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    count: u64,
    streams: HashMap<u64, Arc<TcpStream>>,
}

/// A connection's place among all, free again when this is dropped.
pub(crate) struct Place {
    pub stream: Arc<TcpStream>,
    number: u64,
    places: Arc<Places>,
}

impl Places {
    /// Waits for a free place; `None` when the server ends.
    pub fn take(self: &Arc<Self>, stream: TcpStream) -> io::Result<Option<Place>> {
        stream.set_nodelay(true)?;
        let mut state = self
            .changed
            .wait_while(self.state(), |state| {
                !state.closed && state.streams.len() >= PLACES
            })
            .unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Ok(None);
        }
        let stream = Arc::new(stream);
        let number = state.count;
        state.count += 1;
        state.streams.insert(number, Arc::clone(&stream));
        Ok(Some(Place {
            stream,
            number,
            places: Arc::clone(self),
        }))
    }

    /// Ends all connections, and lets no more in.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        for stream in state.streams.values() {
            // Fails if the client has closed the connection, which ends it as well.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.state().streams.remove(&self.number);
        self.places.changed.notify_all();
    }
}

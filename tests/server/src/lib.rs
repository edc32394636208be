//! Plays the service's side of the conformance table: under `http://127.0.0.1:PORT/ID` it compares
//! what arrives with the request of row ID and sends the row's response. `tests/cases.md` has the
//! table's format.
//!
//! It uses plain sockets, because an HTTP server would refuse to send broken responses.
#![deny(missing_docs, unsafe_code)]

mod compare;
mod connection;
mod places;
pub mod program;
pub mod relay;
mod response;
pub mod table;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use places::Places;
use table::Table;

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub struct CaseServer {
    address: SocketAddr,
    places: Arc<Places>,
    thread: Option<JoinHandle<()>>,
}

impl CaseServer {
    /// Reads the table and serves it on a free port of 127.0.0.1.
    pub fn start(cases: &Path) -> io::Result<Self> {
        let table = Table::read(cases)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let places = Arc::new(Places::default());
        let thread = thread::Builder::new().name("accept".into()).spawn({
            let places = Arc::clone(&places);
            move || accept(&listener, &places, &table)
        })?;
        Ok(Self {
            address,
            places,
            thread: Some(thread),
        })
    }

    /// `http://127.0.0.1:PORT`, under which each row has its place.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL of a client for row `id`.
    pub fn base_url(&self, id: &str) -> String {
        format!("{}/{id}", self.url())
    }
}

impl Drop for CaseServer {
    fn drop(&mut self) {
        self.places.close();
        // Wakes the accepting thread. If this fails, the thread has ended.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, places: &Arc<Places>, table: &Table) {
    thread::scope(|scope| {
        for stream in listener.incoming() {
            // The client closed the connection before it was accepted.
            let Ok(stream) = stream else { continue };
            match places.take(stream) {
                Ok(Some(place)) => {
                    scope.spawn(move || connection::serve(&place, table));
                }
                Ok(None) => break,
                Err(error) => eprintln!("a connection was dropped: {error}"),
            }
        }
    });
}

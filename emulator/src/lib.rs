//! A local stand-in for the AutoShares password reset service.
//!
//! Tests start an [`Emulator`] in their own process and read the mailed codes from it; people start the program
//! `autoshares-emulator`, which is this library with arguments and a terminal. `docs/emulator.md` lists its users, and
//! the behaviour that is a guess because no public source documents the real service.
//!
//! ```
//! use autoshares_emulator::{DEFAULT_APP_KEY, Emulator, Options};
//!
//! let emulator = Emulator::start(Options::default())?;
//! let url = format!("{}/v1.0/users/password/secret-question?username=robert.zak", emulator.base_url());
//! let body = ureq::get(&url).header("Et-App-Key", DEFAULT_APP_KEY).call()?.body_mut().read_to_string()?;
//! assert_eq!(body, r#"{"Model":"What is your mother's maiden name?","Errors":[],"IsSucceed":true}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It listens on 127.0.0.1 only, and its memory is bounded. Do not take it as a model for a real service: it has five
//! made-up users and stores their passwords in plain text.

#![deny(missing_docs, unsafe_code)]

mod accounts;
mod control;
mod guard;
mod journal;
mod options;
mod reply;
mod server;
mod service;
mod state;
mod tls;
mod wire;

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::oneshot;

pub use accounts::Mail;
pub use journal::Record;
pub use options::{
    ConfirmRoute, DEFAULT_APP_KEY, DEFAULT_PORT, MailHook, Options, RequestHook, UnknownUser,
};

/// A running emulator with its own thread. Dropping it closes its ports and waits for that thread.
pub struct Emulator {
    base_url: String,
    https_url: Option<String>,
    ca_pem: Option<String>,
    state: Arc<state::State>,
    /// Dropped to end the server.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Starts an emulator. When this returns, its ports accept connections.
    ///
    /// # Errors
    /// A port is taken, an option is invalid, or the certificate or the thread cannot be made.
    pub fn start(options: Options) -> io::Result<Emulator> {
        options.check()?;
        let http = server::Listener::bind(options.port, None)?;
        let mut ca_pem = None;
        let https = match options.https_port {
            None => None,
            Some(port) => {
                let authority = tls::Authority::make()?;
                ca_pem = Some(authority.ca_pem);
                Some(server::Listener::bind(port, Some(authority.acceptor))?)
            }
        };
        let base_url = http.origin().to_owned();
        let https_url = https.as_ref().map(|listener| listener.origin().to_owned());
        let state = Arc::new(state::State::new(options));
        let (stop, stopped) = oneshot::channel();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let running = server::run(http, https, Arc::clone(&state), stopped);
        let thread = thread::Builder::new()
            .name("autoshares-emulator".into())
            .spawn(move || runtime.block_on(running))?;
        Ok(Emulator {
            base_url,
            https_url,
            ca_pem,
            state,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// `http://127.0.0.1:PORT`, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// `https://127.0.0.1:PORT` if [`Options::https_port`] is set. The certificate is valid for `localhost` too.
    pub fn https_url(&self) -> Option<&str> {
        self.https_url.as_deref()
    }

    /// The certificate authority, in PEM, that a client of [`Emulator::https_url`] must trust. Only this emulator uses
    /// it, and its private key no longer exists.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The last code mailed to this user, used or not.
    pub fn last_code(&self, user: &str) -> Option<String> {
        self.state
            .service()
            .accounts()
            .last_code(user)
            .map(str::to_owned)
    }

    /// True if this is the user's password.
    pub fn password_is(&self, user: &str, password: &str) -> bool {
        self.state.service().accounts().password_is(user, password)
    }

    /// The latest requests, oldest first, at most a thousand; [`Emulator::request_count`] counts all.
    pub fn requests(&self) -> Vec<Record> {
        let journal = self.state.journal();
        journal
            .entries()
            .map(|entry| entry.record.clone())
            .collect()
    }

    /// The number of requests so far, without malformed ones and those of the page.
    pub fn request_count(&self) -> u64 {
        self.state.journal().count()
    }

    /// The number of accepted connections so far, including those closed because too many were open.
    pub fn connection_count(&self) -> u64 {
        self.state.connection_count()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // The thread panics only through a bug. Its panic was printed, and a second one here would abort.
            let _ = thread.join();
        }
    }
}

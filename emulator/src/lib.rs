//! A local stand-in of the AutoShares password reset service.
//!
//! Tests start an [`Emulator`] in their own process and read the mailed codes from it; people start the program
//! `autoshares-emulator`, which is this library with arguments and a terminal. `docs/emulator.md` lists its users and
//! says where it has to guess because nothing public says how the real service answers.
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
//! It listens on 127.0.0.1 only, and everything that it keeps is bounded. It is no model for a real service: it knows
//! five made-up users and keeps their passwords in plain text.

#![deny(missing_docs, unsafe_code)]

mod accounts;
mod guard;
mod options;
mod server;
mod service;
mod tls;
mod wire;

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::oneshot;

pub use accounts::Mail;
pub use options::{DEFAULT_APP_KEY, DEFAULT_PORT, MailHook, Options, RequestHook};
pub use server::Record;

/// A running emulator, on a thread of its own. Dropping it closes its ports and waits for that thread.
pub struct Emulator {
    base_url: String,
    https_url: Option<String>,
    ca_pem: Option<String>,
    shared: Arc<server::Shared>,
    /// Dropped to end the server.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Starts an emulator. When this returns, its ports accept connections.
    ///
    /// # Errors
    /// A port that is taken, an option that makes no sense, no certificate or no thread to be had.
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
        let shared = Arc::new(server::Shared::new(options));
        let (stop, stopped) = oneshot::channel();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let running = server::run(http, https, Arc::clone(&shared), stopped);
        let thread = thread::Builder::new()
            .name("autoshares-emulator".into())
            .spawn(move || runtime.block_on(running))?;
        Ok(Emulator {
            base_url,
            https_url,
            ca_pem,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// `http://127.0.0.1:PORT`, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// `https://127.0.0.1:PORT`, where [`Options::https_port`] asked for it. The certificate holds for `localhost` too.
    pub fn https_url(&self) -> Option<&str> {
        self.https_url.as_deref()
    }

    /// The certificate authority, in PEM, that a client of [`Emulator::https_url`] has to trust.
    /// It was made for this emulator alone, and its private key is gone.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The code mailed last to this user, used or not.
    pub fn last_code(&self, user: &str) -> Option<String> {
        self.shared
            .service()
            .accounts()
            .last_code(user)
            .map(str::to_owned)
    }

    /// Whether this is the password that the user set last.
    pub fn password_is(&self, user: &str, password: &str) -> bool {
        self.shared.service().accounts().password_is(user, password)
    }

    /// The latest requests, oldest first: the last thousand at most, see [`Emulator::request_count`] for all.
    pub fn requests(&self) -> Vec<Record> {
        self.shared.records()
    }

    /// How many requests were answered. One that was not well-formed HTTP does not count.
    pub fn request_count(&self) -> u64 {
        self.shared.request_count()
    }

    /// How many connections were accepted, those that were turned away included.
    pub fn connection_count(&self) -> u64 {
        self.shared.connection_count()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // The thread panics only where a bug is; the panic was printed, and a second one here would abort.
            let _ = thread.join();
        }
    }
}

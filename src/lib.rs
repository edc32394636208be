//! Client library for the password reset of the AutoShares Trading API, which every broker on
//! ETNA Trader serves: retrieve the user's secret question, request the reset, confirm the mailed
//! code, set the new password.
//!
//! The product is a shared library with a C ABI, declared in `autoshares_reset.h`. Rust programs
//! use the same crate, without its default features:
//!
//! ```no_run
//! use autoshares_reset::{Client, Config};
//!
//! # fn main() -> Result<(), autoshares_reset::Error> {
//! let client = Client::new(&Config::new(autoshares_reset::BASE_URL_SANDBOX, "the app key"))?;
//! match client.secret_question("hello@autoshares.com")? {
//!     Some(question) => println!("{question}"),
//!     None => println!("This account has no secret question."),
//! }
//! # Ok(())
//! # }
//! ```
#![deny(missing_docs, unsafe_code, unsafe_op_in_unsafe_fn)]

mod argument;
mod base_url;
mod client;
mod config;
mod envelope;
mod error;
mod escapes;
#[cfg(feature = "capi")]
mod ffi;
#[cfg(fuzzing)]
pub mod fuzzing;
mod net;
mod outcome;
mod redaction;
mod request;
mod response;
mod secret;

pub use client::Client;
pub use config::Config;
pub use error::{Code, Error};
pub use net::Cancel;
pub use secret::Secret;

/// AutoShares' own hosted test environment.
pub const BASE_URL_SANDBOX: &str = "https://api.autoshares.dev";

/// AutoShares' production environment.
pub const BASE_URL_PRODUCTION: &str = "https://api.autoshares.com";

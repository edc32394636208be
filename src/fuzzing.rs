//! Entry points for the fuzz targets, which exist in their builds only.

use ureq::http::{HeaderName, HeaderValue};

use crate::net::agent::{Body, Reply};
use crate::request::Kind;
use crate::{Config, Error, response};

/// The C ABI, by its C names.
pub use crate::ffi::{cancel::*, client::*, code::*, config::*, result::*};

/// Checks settings without making a client of them.
pub fn check(config: &Config) -> Result<(), Error> {
    config.0.check().map(drop)
}

/// Interprets a response to the call with this number.
pub fn interpret(
    call: u8,
    status: u16,
    header: [Option<String>; 5],
    body: Vec<u8>,
    secrets: &[&str],
) -> Result<Option<String>, Error> {
    let kind = match call % 4 {
        0 => Kind::SecretQuestion,
        1 => Kind::RequestReset,
        2 => Kind::ConfirmCode,
        _ => Kind::SetPassword,
    };
    let names = [
        "location",
        "retry-after",
        "x-ratelimit-reset",
        "date",
        "reason",
    ];
    let header = names.into_iter().zip(header).filter_map(|(name, value)| {
        let value = HeaderValue::from_str(&value?).ok()?;
        Some((HeaderName::from_static(name), value))
    });
    let reply = Reply {
        status,
        header: header.collect(),
        body: Ok(Body::Whole(body)),
    };
    let secrets: Vec<_> = secrets.iter().copied().map(Some).collect();
    response::interpret(kind, reply, "127.0.0.1", &secrets)
        .map(|value| value.map(|text| text.expose().to_owned()))
        .map_err(|failed| failed.error)
}

//! Opens a tunnel through a proxy: CONNECT, and the login that the proxy requires.

use std::mem;

use base64::prelude::{BASE64_STANDARD, Engine};
use httparse::{Response, Status};
use ureq::http::HeaderValue;

use super::call::Limits;
use super::failure::Failure;
use super::login::{self, Begin, Dialogue, SCHEMES};
use super::proxy::Proxy;
use super::stream::Stream;
use crate::error::Code;
use crate::secret::Secret;

#[cfg(test)]
mod tests;

const TOO_LARGE: &str = "its response to CONNECT is larger than 16 KiB";
const EARLY_DATA: &str = "it sent data in the tunnel before it received the request";

/// The largest accepted response to CONNECT, and the largest body of one that requires a login.
const MAX_CONNECT_RESPONSE: usize = 16 * 1024;
const MAX_FIELDS: usize = 128;
const MAX_BODY: usize = 64 * 1024;

const BASIC: &str = "Basic";
const LOGINS: [&str; 5] = [BASIC, SCHEMES[0], SCHEMES[1], "Kerberos", "Digest"];

pub(super) struct Tunnel<'a> {
    pub target: String,
    pub user_agent: &'a HeaderValue,
    pub proxy: &'a Proxy,
    pub begin_login: Option<Begin>,
}

/// The outcome of a CONNECT request.
pub(super) enum ConnectOutcome {
    Open,
    /// The proxy closes this connection, and accepts a login by this scheme on another one.
    Closed(&'static str),
}

impl Tunnel<'_> {
    /// Asks for the tunnel on a new connection. With a scheme, the signed-in user logs in at once;
    /// without one, only if the proxy requires it.
    pub fn ask(
        &self,
        stream: &mut Stream,
        scheme: Option<&'static str>,
        limits: &Limits,
    ) -> Result<ConnectOutcome, Failure> {
        let begin = self
            .begin_login
            .filter(|_| login::EXISTS && self.proxy.takes_signed_in_user());
        let dialogue = |scheme| Some(Dialogue::new(begin?, scheme, &self.proxy.host));
        let mut login = scheme.and_then(dialogue);
        let mut challenge = Vec::new();
        loop {
            let authorization = match &mut login {
                Some(login) => Some(login.next(mem::take(&mut challenge), limits)?),
                None => self.proxy.authorization(),
            };
            self.send(stream, authorization, limits)?;
            let Some(wanted) = response(stream, limits)? else {
                return Ok(ConnectOutcome::Open);
            };
            if let Some(login) = &login {
                match wanted.challenge(login.scheme) {
                    Some(next) if !next.is_empty() && login.may_go_on() => challenge = next,
                    _ => {
                        let scheme = login.scheme;
                        return refused(format!(
                            "it refused the signed-in user's login by {scheme} (HTTP 407)"
                        ));
                    }
                }
            } else {
                let offered = SCHEMES.into_iter().find(|scheme| wanted.offers(scheme));
                login = offered.and_then(dialogue);
                let Some(login) = &login else {
                    let has_user = self.proxy.authorization().is_some();
                    let as_signed_in_user = offered.and(self.begin_login).is_some();
                    return refused(wanted.describe(has_user, as_signed_in_user));
                };
                if wanted.body_left.is_none() {
                    return Ok(ConnectOutcome::Closed(login.scheme));
                }
            }
            wanted.skip(stream, limits)?;
        }
    }

    fn send(
        &self,
        stream: &mut Stream,
        authorization: Option<Secret>,
        limits: &Limits,
    ) -> Result<(), Failure> {
        let target = &self.target;
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
        let mut add = |name: &str, value: &[u8]| {
            request.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        };
        add("User-Agent", self.user_agent.as_bytes());
        add("Proxy-Connection", b"Keep-Alive");
        if let Some(authorization) = authorization {
            add("Proxy-Authorization", authorization.expose().as_bytes());
        }
        request.extend(b"\r\n");
        let mut taken = 0;
        while taken < request.len() || stream.has_unsent() {
            taken += stream.write(&request[taken..], Some(limits))?;
        }
        Ok(())
    }
}

fn refused<T>(why: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::new(Code::ConnectFailed, why.into()))
}

/// Reads the proxy's final response to CONNECT: `None` if the tunnel is open, or the login that it
/// requires.
fn response(stream: &mut Stream, limits: &Limits) -> Result<Option<LoginRequired>, Failure> {
    let mut response = [0; MAX_CONNECT_RESPONSE];
    let (mut start, mut end) = (0, 0);
    loop {
        if end == response.len() {
            return refused(TOO_LARGE);
        }
        let count = stream.read(&mut response[end..], Some(limits))?;
        if count == 0 {
            return Err(Failure::closed());
        }
        end += count;
        // Informational responses may come first.
        while let Some(header) = header(&response[start..end])? {
            start += header.size;
            return match header.status {
                100 | 102..=199 => continue,
                200..=299 if start == end => match stream.expect_no_data(Some(limits)) {
                    Err(failure) if failure.is_unsolicited => refused(EARLY_DATA),
                    // The next step reports a closed connection.
                    _ => Ok(None),
                },
                200..=299 => refused(EARLY_DATA),
                407 => {
                    let mut wanted = header.wanted;
                    let body_left = wanted
                        .body_left
                        .and_then(|length| length.checked_sub(end - start));
                    wanted.body_left = body_left;
                    Ok(Some(wanted))
                }
                status => refused(format!("it refused the tunnel (HTTP {status})")),
            };
        }
    }
}

struct Header {
    size: usize,
    status: u16,
    wanted: LoginRequired,
}

/// The login that a proxy requires.
#[derive(Default)]
struct LoginRequired {
    /// Scheme and challenge of each offered login with a scheme in [`LOGINS`].
    logins: Vec<(&'static str, Vec<u8>)>,
    /// The bytes of the body that have not arrived; `None` if the connection cannot be used again.
    body_left: Option<usize>,
}

impl LoginRequired {
    fn read(header: &Response) -> Self {
        let values = |names: &'static [&str]| {
            let is_one = |name: &str| names.iter().any(|one| one.eq_ignore_ascii_case(name));
            let fields = header.headers.iter();
            // A field may hold several values, with commas between them.
            fields
                .filter(move |field| is_one(field.name))
                .flat_map(|field| field.value.split(|byte| *byte == b','))
                .map(<[u8]>::trim_ascii)
        };
        let logins = values(&["Proxy-Authenticate"]).filter_map(|offer| {
            let mut words = offer.splitn(2, |byte| *byte == b' ');
            let scheme = words.next()?;
            let is_named = |login: &&str| scheme.eq_ignore_ascii_case(login.as_bytes());
            let login = LOGINS.into_iter().find(is_named)?;
            Some((
                login,
                words.next().unwrap_or_default().trim_ascii().to_vec(),
            ))
        });
        let logins = logins.collect();

        let says = |word: &str| {
            let mut words = values(&["Connection", "Proxy-Connection"]);
            words.any(|value| value.eq_ignore_ascii_case(word.as_bytes()))
        };
        let is_kept = match header.version {
            Some(1) => !says("close"),
            _ => says("keep-alive"),
        };
        let is_coded = values(&["Transfer-Encoding"]).next().is_some();
        let mut lengths = values(&["Content-Length"]);
        let body_left = match (lengths.next(), lengths.next()) {
            (Some(length), None) if is_kept && !is_coded => {
                let length = std::str::from_utf8(length).ok();
                let length = length.and_then(|digits| digits.parse().ok());
                length.filter(|length| *length <= MAX_BODY)
            }
            _ => None,
        };
        Self { logins, body_left }
    }

    fn offers(&self, scheme: &str) -> bool {
        self.logins.iter().any(|(login, _)| *login == scheme)
    }

    /// The challenge of this scheme, if the connection can be used again.
    fn challenge(&self, scheme: &str) -> Option<Vec<u8>> {
        self.body_left?;
        let mut logins = self.logins.iter();
        let (_, challenge) = logins.find(|(login, _)| *login == scheme)?;
        BASE64_STANDARD.decode(challenge).ok()
    }

    /// With `has_user`, the proxy's URL held a user name. With `as_signed_in_user`, the library would
    /// log in to a proxy that another source named.
    fn describe(&self, has_user: bool, as_signed_in_user: bool) -> String {
        let offered = LOGINS.into_iter().filter(|login| self.offers(login));
        let offered: Vec<&str> = offered.collect();
        if offered.is_empty() || offered.contains(&BASIC) {
            return match has_user {
                true => "it refused the user name and the password (HTTP 407)".into(),
                false => "it requires a user name and a password (HTTP 407)".into(),
            };
        }
        let offered = offered.join(" or ");
        let able = match as_signed_in_user {
            true => "does so only for a proxy that the settings or the system name without a user",
            false => "can log in by Basic only",
        };
        format!("it requires a login by {offered} (HTTP 407), and the library {able}")
    }

    /// Reads and drops the body, so that the connection can carry the next request.
    fn skip(self, stream: &mut Stream, limits: &Limits) -> Result<(), Failure> {
        let mut body_left = self.body_left.ok_or_else(Failure::closed)?;
        let mut bytes = [0; 1024];
        while body_left > 0 {
            let most = body_left.min(bytes.len());
            match stream.read(&mut bytes[..most], Some(limits))? {
                0 => return Err(Failure::closed()),
                count => body_left -= count,
            }
        }
        Ok(())
    }
}

/// The header that begins here; `None` if its end has not arrived.
fn header(bytes: &[u8]) -> Result<Option<Header>, Failure> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut header = Response::new(&mut fields);
    match header.parse(bytes) {
        Ok(Status::Complete(size)) => Ok(Some(Header {
            size,
            status: header.code.unwrap_or_default(),
            wanted: match header.code {
                Some(407) => LoginRequired::read(&header),
                _ => LoginRequired::default(),
            },
        })),
        Ok(Status::Partial) => Ok(None),
        Err(e) => Err(Failure::not_http(&e)),
    }
}

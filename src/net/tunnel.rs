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

const TOO_LARGE: &str = "its response to CONNECT is larger than 16 KiB";
const EARLY_DATA: &str = "it sent data in the tunnel before it received the request";

/// The largest accepted response to CONNECT, and the largest body of one that requires a login.
const MAX_HEADER: usize = 16 * 1024;
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
                    return refused(wanted.describe(offered.and(self.begin_login).is_some()));
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
    let mut response = [0; MAX_HEADER];
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

    /// With `as_signed_in_user`, the library would log in to a proxy that another source named.
    fn describe(&self, as_signed_in_user: bool) -> String {
        let offered = LOGINS.into_iter().filter(|login| self.offers(login));
        let offered: Vec<&str> = offered.collect();
        if offered.is_empty() || offered.contains(&BASIC) {
            return "it requires a user name and a password (HTTP 407)".into();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_url::BaseUrl;
    use crate::net::connector::Route;
    use crate::net::login::Login;
    use crate::net::trace::Trace;
    use crate::net::{Cancel, proxy};
    use std::io::{self, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;
    use std::time::{Duration, Instant};

    /// Begins with "NTLM 1", and appends to each challenge of the proxy.
    struct Fake(u32, &'static str);

    impl Login for Fake {
        fn next(&mut self, said: &[u8]) -> io::Result<Vec<u8>> {
            self.0 += 1;
            let said = String::from_utf8_lossy(said);
            Ok(format!("{said}{} {}", self.1, self.0).into_bytes())
        }
    }

    fn fake(scheme: &'static str, host: &str) -> io::Result<Box<dyn Login>> {
        assert_eq!(host, "127.0.0.1");
        Ok(Box::new(Fake(0, scheme)))
    }

    const WELL: &str = "HTTP/1.1 200 Connected\r\n\r\n";

    fn wants(offers: &str) -> String {
        let offers: String = offers
            .split('|')
            .map(|offer| format!("Proxy-Authenticate: {offer}\r\n"))
            .collect();
        format!("HTTP/1.1 407 Who\r\n{offers}Content-Length: 9\r\n\r\nwho is it")
    }

    /// The logins that the proxy received, each with the number of its connection.
    type Told = Receiver<(usize, String)>;

    /// A proxy that sends these responses one after the other; after one that closes the connection
    /// it expects a new connection.
    fn proxy(responses: Vec<String>) -> (String, Told) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (told, tell) = channel();
        thread::spawn(move || {
            let mut responses = responses.into_iter().peekable();
            let mut held = Vec::new();
            for (number, client) in listener.incoming().map_while(Result::ok).enumerate() {
                while let Some(response) = responses.peek() {
                    let mut client = &client;
                    let Some(login) = read_login(client) else {
                        break;
                    };
                    told.send((number, login)).unwrap();
                    client.write_all(response.as_bytes()).unwrap();
                    if responses.next().is_some_and(|said| said.contains("close")) {
                        break;
                    }
                }
                held.push(client);
            }
        });
        (url, tell)
    }

    /// The decoded value of `Proxy-Authorization`, `None` if the client has closed the connection.
    fn read_login(mut client: &TcpStream) -> Option<String> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if client.read(&mut byte).ok()? == 0 {
                return None;
            }
            request.push(byte[0]);
        }
        let request = String::from_utf8(request).unwrap();
        assert!(request.starts_with("CONNECT broker.test:80 HTTP/1.1\r\n"));
        let Some((_, login)) = request.split_once("Proxy-Authorization: ") else {
            return Some(String::new());
        };
        let (scheme, token) = login.lines().next()?.split_once(' ')?;
        let token = String::from_utf8(BASE64_STANDARD.decode(token).unwrap()).unwrap();
        Some(format!("{scheme}: {token}"))
    }

    fn connect(url: &str, begin: Option<Begin>, limits: &Limits) -> Result<Stream, Failure> {
        let base = BaseUrl::parse("http://broker.test").unwrap();
        let route = Arc::new(Route {
            host: base.host().into(),
            port: base.port(),
            is_https: false,
            proxy: proxy::choose(Some(url), &base).unwrap(),
            user_agent: HeaderValue::from_static("test"),
            begin_login: begin,
        });
        let mut trace = Trace::new(Arc::clone(&route), limits.began);
        route.connect(None, limits, &mut trace)
    }

    fn limits(milliseconds: u64, cancel: Option<&Cancel>) -> Limits {
        let limit = Duration::from_millis(milliseconds);
        Limits::new(limit, limit, cancel).connecting()
    }

    /// The logins that the proxy received, and the outcome.
    fn run(responses: &[String]) -> (Vec<(usize, String)>, Result<(), String>) {
        let (url, told) = proxy(responses.to_vec());
        let stream = connect(&url, Some(fake), &limits(10_000, None));
        let outcome = stream.map(drop).map_err(|failure| {
            assert_eq!(failure.code, Code::ConnectFailed);
            failure.in_short().to_owned()
        });
        (told.try_iter().collect(), outcome)
    }

    fn list(told: &[(usize, &str)]) -> Vec<(usize, String)> {
        let told = told.iter();
        told.map(|(number, login)| (*number, (*login).to_owned()))
            .collect()
    }

    // "one", "two" and "three" in base64.
    const ONE: &str = "b25l";
    const TWO: &str = "dHdv";
    const THREE: &str = "dGhyZWU=";

    #[test]
    fn the_signed_in_user_logs_in_on_one_connection() {
        let by_ntlm = [
            wants("NTLM|Basic realm=x"),
            wants(&format!("NTLM {ONE}")),
            WELL.into(),
        ];
        let told = list(&[(0, ""), (0, "NTLM: NTLM 1"), (0, "NTLM: oneNTLM 2")]);
        assert_eq!(run(&by_ntlm), (told, Ok(())));
        let at_once = [wants("ntlm|negotiate"), WELL.into()];
        let told = list(&[(0, ""), (0, "Negotiate: Negotiate 1")]);
        assert_eq!(run(&at_once), (told, Ok(())));
    }

    #[test]
    fn a_proxy_that_closes_first_is_logged_in_to_on_another_connection() {
        let closing = wants("NTLM").replace("Content", "Connection: close\r\nContent");
        let responses = [closing, wants(&format!("NTLM {ONE}")), WELL.into()];
        let told = list(&[(0, ""), (1, "NTLM: NTLM 1"), (1, "NTLM: oneNTLM 2")]);
        assert_eq!(run(&responses), (told, Ok(())));
    }

    #[test]
    fn a_login_ends_when_it_is_refused_and_after_three_rounds() {
        let refused =
            "the proxy 127.0.0.1: it refused the signed-in user's login by NTLM (HTTP 407)";
        let (told, outcome) = run(&[wants("NTLM"), wants(&format!("NTLM {ONE}")), wants("NTLM")]);
        assert_eq!((told.len(), outcome), (3, Err(refused.into())));
        let on_and_on = [ONE, TWO, THREE, ONE].map(|said| wants(&format!("NTLM {said}")));
        let (told, outcome) = run(&[&[wants("NTLM")], &on_and_on[..]].concat());
        assert_eq!((told.len(), outcome), (4, Err(refused.into())));
        let broken = [wants("NTLM"), wants("NTLM ?")];
        assert_eq!(run(&broken).1, Err(refused.into()));
        let closing =
            wants(&format!("NTLM {ONE}")).replace("Content", "Connection: close\r\nContent");
        assert_eq!(run(&[wants("NTLM"), closing]).1, Err(refused.into()));
    }

    #[test]
    fn no_login_is_begun_that_was_not_asked_for() {
        let login = "the proxy 127.0.0.1: it requires a user name and a password (HTTP 407)";
        let basic = [wants("Basic realm=x")];
        assert_eq!(run(&basic), (list(&[(0, "")]), Err(login.into())));
        let digest = "the proxy 127.0.0.1: it requires a login by Digest (HTTP 407), and the library \
                      can log in by Basic only";
        assert_eq!(run(&[wants("Digest realm=x")]).1, Err(digest.into()));
        assert_eq!(run(&[WELL.into()]), (list(&[(0, "")]), Ok(())));
    }

    #[test]
    fn whoever_is_named_in_the_url_logs_in_and_nobody_else() {
        let (url, told) = proxy(vec![wants("NTLM")]);
        let url = url.replace("http://", "http://ann:secret@");
        let failure = connect(&url, Some(fake), &limits(10_000, None))
            .err()
            .unwrap();
        let words = failure.in_short();
        assert!(
            words.contains("a login by NTLM (HTTP 407), and the library does so only for a proxy")
                && !words.contains("secret"),
            "{words}"
        );
        assert_eq!(
            told.try_iter().collect::<Vec<_>>(),
            list(&[(0, "Basic: ann:secret")])
        );
    }

    #[test]
    fn a_system_that_cannot_log_in_says_why() {
        let (url, _told) = proxy(vec![wants("NTLM")]);
        let begin: Begin = |_, _| Err(io::ErrorKind::PermissionDenied.into());
        let failure = connect(&url, Some(begin), &limits(10_000, None))
            .err()
            .unwrap();
        let words =
            "the proxy 127.0.0.1: the signed-in user cannot log in by NTLM (permission denied)";
        assert_eq!(failure.in_short(), words);
        let (url, _told) = proxy(vec![wants("NTLM")]);
        let failure = connect(&url, None, &limits(10_000, None)).err().unwrap();
        assert!(failure.in_short().contains("it requires a login by NTLM"));
    }

    #[test]
    fn a_login_that_takes_too_long_keeps_no_call() {
        let begin: Begin = |_, _| loop {
            thread::park();
        };
        let (url, _told) = proxy(vec![wants("NTLM"), wants("NTLM")]);
        let late = connect(&url, Some(begin), &limits(200, None))
            .err()
            .unwrap();
        assert_eq!(late.code, Code::Timeout);
        let cancel = Cancel::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(100));
                cancel.trigger();
            });
            let (url, _told) = proxy(vec![wants("NTLM")]);
            let began = Instant::now();
            let ended = connect(&url, Some(begin), &limits(20_000, Some(&cancel)));
            assert_eq!(ended.err().unwrap().code, Code::Cancelled);
            assert!(began.elapsed() < Duration::from_secs(5));
        });
    }
}

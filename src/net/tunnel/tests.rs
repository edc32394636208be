//! Opens tunnels through proxies that play a list of responses.

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
    let refused = "the proxy 127.0.0.1: it refused the signed-in user's login by NTLM (HTTP 407)";
    let (told, outcome) = run(&[wants("NTLM"), wants(&format!("NTLM {ONE}")), wants("NTLM")]);
    assert_eq!((told.len(), outcome), (3, Err(refused.into())));
    let on_and_on = [ONE, TWO, THREE, ONE].map(|said| wants(&format!("NTLM {said}")));
    let (told, outcome) = run(&[&[wants("NTLM")], &on_and_on[..]].concat());
    assert_eq!((told.len(), outcome), (4, Err(refused.into())));
    let broken = [wants("NTLM"), wants("NTLM ?")];
    assert_eq!(run(&broken).1, Err(refused.into()));
    let closing = wants(&format!("NTLM {ONE}")).replace("Content", "Connection: close\r\nContent");
    assert_eq!(run(&[wants("NTLM"), closing]).1, Err(refused.into()));
}

#[test]
fn a_refused_password_is_not_called_a_missing_one() {
    let (url, told) = proxy(vec![wants("Basic realm=x")]);
    let url = url.replace("//", "//joe:wrong@");
    let outcome = connect(&url, None, &limits(10_000, None));
    let failure = outcome.err().expect("a refusal");
    let refused = "it refused the user name and the password (HTTP 407)";
    assert!(failure.in_short().ends_with(refused), "{failure}");
    assert_eq!(told.recv().unwrap(), (0, "Basic: joe:wrong".to_owned()));
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
fn only_the_user_in_the_proxys_url_logs_in() {
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
    let words = "the proxy 127.0.0.1: the signed-in user cannot log in by NTLM (permission denied)";
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

//! Makes connections: look-up, TCP, the proxy's tunnel, TLS.

use std::sync::Arc;
use std::time::Instant;

use rustls::{ClientConfig, ClientConnection};
use ureq::http::HeaderValue;

use super::call::Limits;
use super::failure::Failure;
use super::proxy::{Choice, Proxy};
use super::stream::Stream;
use super::system_proxy::{Hop, System};
use super::tcp::Tcp;
use super::trace::{Trace, note};
use super::tunnel::{ConnectOutcome, Tunnel};
use super::{login, race, resolver, system_proxy, verifier};
use crate::base_url::server_name;
use crate::error::Code;

/// The destination of a client's connections.
pub(super) struct Route {
    /// As in the URL: an IPv6 address has its brackets.
    pub host: String,
    pub port: u16,
    pub is_https: bool,
    pub proxy: Choice,
    /// For CONNECT; requests to the service have it among their fields.
    pub user_agent: HeaderValue,
    /// Begins the signed-in user's login to a proxy, if the system offers that.
    pub begin_login: Option<login::Begin>,
}

impl Route {
    /// Makes a connection, on which nothing was sent to the service yet. `tls` is `Some` if the
    /// service or the proxy needs it.
    pub fn connect(
        &self,
        tls: Option<&Arc<ClientConfig>>,
        limits: &Limits,
        trace: &mut Trace,
    ) -> Result<Stream, Failure> {
        let steps = &mut trace.steps;
        let stream = match &self.proxy {
            Choice::Direct => tcp(&self.host, self.port, limits, steps)?,
            Choice::Named(proxy) => self.through(proxy, tls, limits, steps)?,
            Choice::System(system) if system_proxy::EXISTS => {
                self.through_system_proxies(system, tls, limits, trace)?
            }
            Choice::System(_) => return Err(Failure::internal()),
        };
        if self.is_https {
            secure(stream, &self.host, tls, limits, &mut trace.steps)
        } else {
            Ok(stream)
        }
    }

    /// Tries the system's proxies in order. If all fail, it returns the first failure: the last hop
    /// is often a direct connection, which a company's network does not allow.
    fn through_system_proxies(
        &self,
        system: &System,
        tls: Option<&Arc<ClientConfig>>,
        limits: &Limits,
        trace: &mut Trace,
    ) -> Result<Stream, Failure> {
        let proxies = system.proxies(limits, &mut trace.steps)?;
        let mut first = None;
        for (place, hop) in proxies.hops.iter().enumerate() {
            trace.via = Some(proxies.via(hop));
            let steps = &mut trace.steps;
            let is_last = place + 1 == proxies.hops.len();
            let share = match is_last {
                true => limits.clone(),
                false => limits.share(proxies.hops.len() - place)?,
            };
            let stream = match hop {
                Hop::Direct => tcp(&self.host, self.port, &share, steps),
                Hop::Proxy(proxy) => self.through(proxy, tls, &share, steps),
                Hop::Unusable(why) => Err(Failure::new(
                    Code::ConnectFailed,
                    format!("the proxy from {} is unusable: it {why}", proxies.source),
                )),
            };
            let failure = match stream {
                Ok(stream) => {
                    if place > 0 {
                        system.prefer(place);
                    }
                    return Ok(stream);
                }
                Err(failure) => failure,
            };
            // This fails if the whole call is over, and not only this attempt's share of the time.
            limits.time_left()?;
            if !is_last {
                steps.push(format!("{hop}: given up: {}", failure.in_short()));
            }
            first.get_or_insert(match hop {
                Hop::Proxy(proxy) => failure.of_its_share(&format!("the proxy {}", proxy.host)),
                _ => failure.of_its_share("a direct connection"),
            });
        }
        Err(first.unwrap_or_else(Failure::internal))
    }

    fn through(
        &self,
        proxy: &Proxy,
        tls: Option<&Arc<ClientConfig>>,
        limits: &Limits,
        steps: &mut Vec<String>,
    ) -> Result<Stream, Failure> {
        let stream = self.tunnel(proxy, tls, limits, steps);
        stream.map_err(|failure| failure.of_proxy(&proxy.host))
    }

    fn tunnel(
        &self,
        proxy: &Proxy,
        tls: Option<&Arc<ClientConfig>>,
        limits: &Limits,
        steps: &mut Vec<String>,
    ) -> Result<Stream, Failure> {
        let tunnel = Tunnel {
            target: format!("{}:{}", self.host, self.port),
            user_agent: &self.user_agent,
            proxy,
            begin_login: self.begin_login,
        };
        let mut scheme = None;
        loop {
            let mut stream = tcp(&proxy.host, proxy.port, limits, steps)?;
            if proxy.is_https {
                stream = secure(stream, &proxy.host, tls, limits, steps)?;
            }
            let started = Instant::now();
            let asked = tunnel.ask(&mut stream, scheme, limits);
            note(steps, "tunnel", started, &asked);
            match asked? {
                ConnectOutcome::Open => return Ok(stream),
                ConnectOutcome::Closed(offered) => scheme = Some(offered),
            }
        }
    }
}

/// Connects to any of the host's addresses. If all fail, it removes them from the cache.
fn tcp(host: &str, port: u16, limits: &Limits, steps: &mut Vec<String>) -> Result<Stream, Failure> {
    let started = Instant::now();
    let addresses = resolver::addresses(host, port, limits);
    note(steps, &format!("look-up of {host}"), started, &addresses);
    let addresses = addresses?;
    let raced = race::connect(&addresses, limits, steps);
    let (place, socket) = raced.inspect_err(|_| resolver::forget(host))?;
    if place > 0 {
        resolver::prefer(host, addresses[place]);
    }
    let tcp = Tcp::new(socket, limits).map_err(|e| Failure::io(Code::ConnectFailed, &e))?;
    Ok(Stream::Tcp(tcp))
}

fn secure(
    stream: Stream,
    host: &str,
    tls: Option<&Arc<ClientConfig>>,
    limits: &Limits,
    steps: &mut Vec<String>,
) -> Result<Stream, Failure> {
    let started = Instant::now();
    let config = tls.ok_or_else(Failure::internal)?;
    let name = server_name(host).ok_or_else(Failure::internal)?;
    let session = ClientConnection::new(Arc::clone(config), name).map_err(|e| Failure::tls(&e))?;
    let secured = Stream::secure(stream, session, limits);
    note(steps, &format!("TLS with {host}"), started, &secured);
    if let (Err(_), Some(certificate)) = (&secured, verifier::take_refused()) {
        steps.push(format!("refused certificate: {certificate}"));
    }
    secured
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_url::BaseUrl;
    use crate::net::system_proxy::{Ask, SETTINGS, SystemProxies};
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::OnceLock;
    use std::thread;
    use std::time::Duration;

    /// The ports of the proxies that a system names.
    type Ports = OnceLock<Vec<u16>>;

    fn proxies(ports: &Ports) -> SystemProxies {
        let ports = ports.get().unwrap().iter();
        let urls = ports.map(|port| format!("127.0.0.1:{port}"));
        SystemProxies {
            hops: urls.map(|url| Hop::parse(SETTINGS, &url)).collect(),
            source: SETTINGS,
            notes: vec!["a note".into()],
        }
    }

    /// A proxy that responds to every CONNECT with this, until the process ends.
    fn proxy(response: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let mut open = Vec::new();
            for mut client in listener.incoming().map_while(Result::ok) {
                if !response.is_empty() {
                    let _ = client.read(&mut [0; 1024]);
                    let _ = client.write_all(response.as_bytes());
                }
                open.push(client);
            }
        });
        port
    }

    const WELL: &str = "HTTP/1.1 200 Connected\r\n\r\n";
    const SILENT: &str = "";

    fn dead() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    }

    /// Connects through the proxies that the system names, within this time.
    fn connect(service: &str, ask: Ask, limit: Duration) -> (Result<Stream, Failure>, Trace) {
        let base = BaseUrl::parse(service).unwrap();
        let route = Arc::new(Route {
            host: base.host().into(),
            port: base.port(),
            is_https: base.is_https(),
            proxy: Choice::System(System::new(ask, &base)),
            user_agent: HeaderValue::from_static("test"),
            begin_login: None,
        });
        let limits = Limits::new(Duration::from_secs(20), limit, None).connecting();
        let mut trace = Trace::new(Arc::clone(&route), limits.began);
        let stream = route.connect(None, &limits, &mut trace);
        (stream, trace)
    }

    fn via(port: u16) -> String {
        format!("127.0.0.1, port {port}, from the system's settings")
    }

    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn after_a_failed_proxy_the_next_one_is_tried_and_stays_first() {
        static PORTS: Ports = OnceLock::new();
        let (refusing, well) = (proxy("HTTP/1.1 503 Busy\r\n\r\n"), proxy(WELL));
        PORTS.set(vec![dead(), refusing, well]).unwrap();
        let (stream, trace) = connect("http://next.test", |_| proxies(&PORTS), LONG);
        assert!(stream.is_ok());
        assert_eq!(trace.via.as_deref(), Some(&*via(well)));
        let told = trace.to_string();
        for part in ["a note", "refused", "it refused the tunnel (HTTP 503)"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let (stream, trace) = connect("http://next.test", |_| proxies(&PORTS), LONG);
        assert!(stream.is_ok());
        assert_eq!(trace.via.as_deref(), Some(&*via(well)));
        assert!(!trace.to_string().contains("given up"), "{trace}");
    }

    #[test]
    fn a_direct_connection_in_the_list_is_tried_in_its_place() {
        static PORTS: Ports = OnceLock::new();
        PORTS.set(vec![dead()]).unwrap();
        let service = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", service.local_addr().unwrap());
        let ask: Ask = |_| {
            let mut proxies = proxies(&PORTS);
            proxies.hops.push(Hop::Direct);
            proxies
        };
        let (stream, trace) = connect(&url, ask, LONG);
        assert!(stream.is_ok(), "{trace}");
        assert!(service.accept().is_ok());
        assert!(trace.to_string().contains("refused"), "{trace}");
    }

    #[test]
    fn a_silent_proxy_leaves_time_for_the_next() {
        static PORTS: Ports = OnceLock::new();
        let well = proxy(WELL);
        PORTS.set(vec![proxy(SILENT), well]).unwrap();
        let limit = Duration::from_secs(2);
        let (stream, trace) = connect("http://share.test", |_| proxies(&PORTS), limit);
        assert!(stream.is_ok(), "{trace}");
        assert_eq!(trace.via.as_deref(), Some(&*via(well)));
        let told = trace.to_string();
        assert!(told.contains("given up: no connection within"), "{told}");
        assert!(!told.contains("no connection within 2 s"), "{told}");

        // Each has its share of the time that the one before has left.
        static TWO: Ports = OnceLock::new();
        TWO.set(vec![proxy(SILENT), proxy(SILENT), well]).unwrap();
        let began = Instant::now();
        let limit = Duration::from_millis(1_500);
        let (stream, trace) = connect("http://shares.test", |_| proxies(&TWO), limit);
        assert!(stream.is_ok(), "{trace}");
        assert!(began.elapsed() > Duration::from_millis(900));
    }

    #[test]
    fn the_time_of_the_last_is_that_of_the_call() {
        static PORTS: Ports = OnceLock::new();
        PORTS.set(vec![dead(), proxy(SILENT)]).unwrap();
        let limit = Duration::from_millis(200);
        let (stream, _) = connect("http://late.test", |_| proxies(&PORTS), limit);
        let failure = stream.err().unwrap();
        assert_eq!(failure.code, Code::Timeout);
        assert_eq!(failure.in_short(), "no connection within 0.2 s");
    }

    #[test]
    fn the_first_failure_is_reported_if_no_proxy_works() {
        static PORTS: Ports = OnceLock::new();
        let refusing = proxy("HTTP/1.1 407 Who\r\n\r\n");
        PORTS.set(vec![refusing, dead()]).unwrap();
        let (stream, trace) = connect("http://none.test", |_| proxies(&PORTS), LONG);
        assert_eq!(trace.to_string().matches("given up").count(), 1, "{trace}");
        let failure = stream.err().unwrap();
        assert_eq!(failure.code, Code::ConnectFailed);
        assert!(failure.in_short().contains("407"), "{failure}");

        static SILENT_ONE: Ports = OnceLock::new();
        SILENT_ONE.set(vec![proxy(SILENT), dead()]).unwrap();
        let limit = Duration::from_secs(1);
        let (stream, _) = connect("http://waits.test", |_| proxies(&SILENT_ONE), limit);
        let failure = stream.err().unwrap();
        assert_eq!(failure.code, Code::ConnectFailed);
        let words = failure.in_short();
        assert!(
            words.starts_with("the proxy 127.0.0.1: no connection within"),
            "{words}"
        );
    }
}

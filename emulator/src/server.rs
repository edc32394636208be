//! How requests reach the service: sockets, TLS, HTTP/1.1 and every bound that a client can run into.
//!
//! hyper itself rather than a framework above it: there are five paths, and the limits on headers and times are
//! settings of hyper's connection, which a framework's `serve` hides.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::future;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

use crate::guard;
use crate::options::Options;
use crate::service::{Reply, Service};

const MAX_HEADER_BYTES: usize = 64 * 1024;
const MAX_BODY_BYTES: usize = 64 * 1024;
const RECORDS_KEPT: usize = 1000;
const RECORDED_PATH_CHARS: usize = 200;
const RECORDED_METHOD_CHARS: usize = 20;
/// How long the end waits for answers that are on their way.
const GRACE: Duration = Duration::from_millis(500);

/// An answered request, without anything that is secret: no query, no header, no body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The method, such as `GET`.
    pub method: String,
    /// The path without its query, cut at 200 characters.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.method, self.path, self.status)
    }
}

/// A port, and how it speaks.
pub(crate) struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    origin: Arc<str>,
}

impl Listener {
    /// Loopback only: the users and their answers are public.
    pub(crate) fn bind(port: u16, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot listen on 127.0.0.1:{port}: {error}"),
            )
        })?;
        tcp.set_nonblocking(true)?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let origin = format!("{scheme}://{}", tcp.local_addr()?).into();
        Ok(Listener { tcp, tls, origin })
    }

    /// The base URL under which clients find it.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }
}

/// What all connections, and the emulator's owner, share.
pub(crate) struct Shared {
    service: Mutex<Service>,
    options: Options,
    slots: Arc<Semaphore>,
    connections: AtomicU64,
    requests: AtomicU64,
    records: Mutex<VecDeque<Record>>,
}

impl Shared {
    pub(crate) fn new(options: Options) -> Self {
        Shared {
            service: Mutex::new(Service::new(&options)),
            slots: Arc::new(Semaphore::new(
                options.max_connections.min(Semaphore::MAX_PERMITS),
            )),
            options,
            connections: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            records: Mutex::new(VecDeque::new()),
        }
    }

    pub(crate) fn service(&self) -> MutexGuard<'_, Service> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    pub(crate) fn request_count(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn connection_count(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    fn read_timeout(&self) -> Duration {
        // hyper adds it to the clock, which overflows on a very long one.
        self.options
            .read_timeout
            .min(Duration::from_secs(24 * 3600))
    }

    fn record(&self, record: Record) {
        if let Some(hook) = &self.options.on_request {
            hook(&record);
        }
        self.requests.fetch_add(1, Ordering::SeqCst);
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() == RECORDS_KEPT {
            records.pop_front();
        }
        records.push_back(record);
    }
}

/// Serves until `stopped` ends, by a word or by its sender's being dropped.
pub(crate) async fn run(
    http: Listener,
    https: Option<Listener>,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
) {
    let graceful = GracefulShutdown::new();
    let accept_https = async {
        match https {
            Some(listener) => accept(listener, &shared, &graceful).await,
            None => future::pending().await,
        }
    };
    tokio::select! {
        never = accept(http, &shared, &graceful) => match never {},
        never = accept_https => match never {},
        _ = stopped => {}
    }
    // Idle connections end at once. Whoever is in the middle of a request gets a moment, then the runtime goes.
    let _ = timeout(GRACE, graceful.shutdown()).await;
}

async fn accept(
    listener: Listener,
    shared: &Arc<Shared>,
    graceful: &GracefulShutdown,
) -> Infallible {
    let tcp = tokio::net::TcpListener::from_std(listener.tcp).expect("the listener does not block");
    loop {
        let Ok((stream, _)) = tcp.accept().await else {
            // Mostly a lack of file descriptors: without a pause this would spin until one is free.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let Ok(slot) = Arc::clone(&shared.slots).try_acquire_owned() else {
            continue;
        };
        let connection = connection(
            stream,
            listener.tls.clone(),
            Arc::clone(&listener.origin),
            Arc::clone(shared),
            graceful.watcher(),
        );
        tokio::spawn(async move {
            connection.await;
            drop(slot);
        });
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    origin: Arc<str>,
    shared: Arc<Shared>,
    watcher: Watcher,
) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => speak_http(stream, origin, shared, watcher).await,
        Some(acceptor) => {
            if let Ok(Ok(stream)) = timeout(shared.read_timeout(), acceptor.accept(stream)).await {
                speak_http(stream, origin, shared, watcher).await;
            }
        }
    }
}

async fn speak_http<S>(stream: S, origin: Arc<str>, shared: Arc<Shared>, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let patience = shared.read_timeout();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_buf_size(MAX_HEADER_BYTES);
    let service =
        service_fn(move |request| answer(request, Arc::clone(&origin), Arc::clone(&shared)));
    let mut stream = TimeoutStream::new(stream);
    // A client that asks and never reads would hold its place for ever.
    stream.set_write_timeout(Some(patience));
    // An error here is the client's: garbage, a hang-up, a header that took too long. hyper has answered where it could.
    let _ = watcher
        .watch(builder.serve_connection(TokioIo::new(Box::pin(stream)), service))
        .await;
}

async fn answer(
    request: Request<Incoming>,
    origin: Arc<str>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let start = |text: &str, most| text.chars().take(most).collect();
    let mut record = Record {
        method: start(parts.method.as_str(), RECORDED_METHOD_CHARS),
        path: start(parts.uri.path(), RECORDED_PATH_CHARS),
        status: 0,
    };
    let body = match guard::refusal(&parts) {
        None => read_body(body, shared.read_timeout()).await,
        Some(refusal) => Err(refusal),
    };
    // Where the body was not read to its end, no further request can follow on the connection.
    let keep = body.is_ok();
    let reply = body.map_or_else(
        |reply| reply,
        |body| {
            let request = Request::from_parts(parts, body);
            shared.service().answer(&request, &origin, Instant::now())
        },
    );
    if let (Some(mail), Some(hook)) = (&reply.mail, &shared.options.on_mail) {
        hook(mail);
    }
    record.status = reply.status.as_u16();
    shared.record(record);
    Ok(respond(reply, keep))
}

async fn read_body(body: Incoming, patience: Duration) -> Result<Bytes, Reply> {
    let too_large = || Reply::message(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.");
    // Where the length is announced, nobody has to send what will not be read.
    if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(too_large());
    }
    match timeout(patience, Limited::new(body, MAX_BODY_BYTES).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Reply::invalid()),
        Err(_) => Err(Reply::message(
            StatusCode::REQUEST_TIMEOUT,
            "The request took too long.",
        )),
    }
}

fn respond(reply: Reply, keep: bool) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(reply.body));
    *response.status_mut() = reply.status;
    for (name, value) in reply.headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    if !keep {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

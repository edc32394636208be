//! Sockets, TLS, HTTP/1.1 and the limits on what a client may send.
//!
//! It uses hyper directly, without a framework: there are few paths, and a framework's `serve` hides hyper's limits on
//! headers and times.

use std::convert::Infallible;
use std::future;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
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
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

use crate::journal::{Record, masked_fields};
use crate::reply::Reply;
use crate::state::State;
use crate::{control, guard};

const MAX_HEADER_BYTES: usize = 64 * 1024;
const MAX_BODY_BYTES: usize = 64 * 1024;
/// The time that a stopping emulator waits for its last responses.
const GRACE: Duration = Duration::from_millis(500);

/// A listening socket, with TLS or without.
pub(crate) struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    origin: Arc<str>,
}

impl Listener {
    /// Binds to loopback only, because the users and their answers are public.
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

    /// The base URL for clients.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }
}

/// Serves until the sender of `stopped` is dropped.
pub(crate) async fn run(
    http: Listener,
    https: Option<Listener>,
    state: Arc<State>,
    stopped: oneshot::Receiver<()>,
) {
    let graceful = GracefulShutdown::new();
    let accept_https = async {
        match https {
            Some(listener) => accept(listener, &state, &graceful).await,
            None => future::pending().await,
        }
    };
    tokio::select! {
        never = accept(http, &state, &graceful) => match never {},
        never = accept_https => match never {},
        _ = stopped => {}
    }
    // Idle connections end at once; a request in progress gets a short grace period.
    let _ = timeout(GRACE, graceful.shutdown()).await;
}

async fn accept(listener: Listener, state: &Arc<State>, graceful: &GracefulShutdown) -> Infallible {
    let tcp = tokio::net::TcpListener::from_std(listener.tcp).expect("the listener does not block");
    loop {
        let Ok((stream, _)) = tcp.accept().await else {
            // Most likely no file descriptor is free; without a pause this loop would spin.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        state.count_connection();
        let Ok(slot) = Arc::clone(&state.slots).try_acquire_owned() else {
            continue;
        };
        let connection = connection(
            stream,
            listener.tls.clone(),
            Arc::clone(&listener.origin),
            Arc::clone(state),
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
    state: Arc<State>,
    watcher: Watcher,
) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => speak_http(stream, origin, state, watcher).await,
        Some(acceptor) => {
            if let Ok(Ok(stream)) = timeout(state.read_timeout(), acceptor.accept(stream)).await {
                speak_http(stream, origin, state, watcher).await;
            }
        }
    }
}

async fn speak_http<S>(stream: S, origin: Arc<str>, state: Arc<State>, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let patience = state.read_timeout();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_buf_size(MAX_HEADER_BYTES);
    let service =
        service_fn(move |request| respond(request, Arc::clone(&origin), Arc::clone(&state)));
    let mut stream = TimeoutStream::new(stream);
    // A client that never reads its responses would otherwise occupy its slot forever.
    stream.set_write_timeout(Some(patience));
    // Any error here is the client's (garbage, a hang-up, a slow header), and hyper has responded if it could.
    let _ = watcher
        .watch(builder.serve_connection(TokioIo::new(Box::pin(stream)), service))
        .await;
}

async fn respond(
    request: Request<Incoming>,
    origin: Arc<str>,
    state: Arc<State>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let record = Record::of(&parts);
    let body = match guard::refusal(&parts) {
        None => read_body(body, state.read_timeout()).await,
        Some(refusal) => Err(refusal),
    };
    let body = match body {
        Ok(body) => body,
        Err(reply) => {
            state.record(record, String::new(), &reply);
            // The rest of the body is unread, so no further request can follow on this connection.
            let close = HeaderValue::from_static("close");
            return Ok(into_response(reply.with(header::CONNECTION, close)));
        }
    };
    let request = Request::from_parts(parts, body);
    let path = request.uri().path();
    let control = control::serve(&request, &state);
    let delay = match control {
        Some(_) => Duration::ZERO,
        None => state.options.delay,
    };
    let reply = control.unwrap_or_else(|| state.service().serve(&request, &origin, Instant::now()));
    if !control::is_page_path(path) {
        state.record(record, masked_fields(&request), &reply);
    }
    if !delay.is_zero() {
        sleep(delay).await;
    }
    Ok(into_response(reply))
}

async fn read_body(body: Incoming, patience: Duration) -> Result<Bytes, Reply> {
    let too_large = || Reply::message(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.");
    // A body whose announced length is too large is refused before the client sends it.
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

fn into_response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

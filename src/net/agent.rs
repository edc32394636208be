//! Sends a request and returns the response, whatever its status: runs ureq on this library's
//! connections.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use ureq::http::header::CONTENT_TYPE;
use ureq::http::uri::{self, Authority, PathAndQuery, Scheme};
use ureq::http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, Version, header, response,
};

use super::call::{Call, Limits};
use super::cancel::Cancel;
use super::connection::{Connection, ExchangeReport};
use super::connector::Route;
use super::failure::Failure;
use super::incoming::MAX_HEADER;
use super::login;
use super::pool::{Pool, PooledConnection};
use super::roots;
use super::settings::Settings;
use super::sys::PerProcess;
use super::trace::{self, Trace};
use crate::error::{Code, Error};

/// The largest accepted body of a response.
const MAX_BODY: u64 = 1024 * 1024;

const APP_KEY: HeaderName = HeaderName::from_static("et-app-key");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Sends a client's requests. All threads of the client share it.
pub(crate) struct Agent {
    scheme: Scheme,
    authority: Authority,
    /// The header fields of every request. Cloning the map costs less than filling a new one.
    headers: HeaderMap,
    /// The largest size of a request without its target and its body.
    header_size: usize,
    timeout: Duration,
    connect_timeout: Duration,
    config: ureq::config::Config,
    route: Arc<Route>,
    tls: Option<ClientConfig>,
    /// Connections must not be shared with a forked child, so each process has a pool.
    pool: PerProcess<Pool>,
}

/// The parts of a request that differ from call to call.
pub(crate) struct Outgoing {
    pub method: Method,
    pub target: PathAndQuery,
    pub body: Option<Vec<u8>>,
}

/// A response of the service, perhaps with an incomplete body.
pub(crate) struct Reply {
    pub status: u16,
    pub header: HeaderMap,
    /// The body, or the error of reading it.
    pub body: Result<Body, Error>,
}

pub(crate) enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// Perhaps incomplete: only the end of the connection delimits it, and the connection broke.
    Cut,
    /// Not read, because the status alone decides the outcome.
    Skipped,
}

impl Agent {
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let base = &settings.base_url;
        let proxy = settings.proxy.clone();
        let needs_tls = base.is_https() || proxy.may_want_tls();
        let tls = needs_tls.then(|| roots::tls_config(settings.trust.as_ref()));
        let headers = headers(settings)?;
        Ok(Self {
            scheme: base.scheme().clone(),
            authority: base.authority().clone(),
            // 512 bytes cover the names of the fields and everything that ureq adds.
            header_size: 512 + headers.values().map(HeaderValue::len).sum::<usize>(),
            headers,
            timeout: settings.timeout,
            connect_timeout: settings.connect_timeout,
            config: ureq_config(),
            route: Arc::new(Route {
                host: base.host().to_owned(),
                port: base.port(),
                is_https: base.is_https(),
                proxy,
                user_agent: settings.user_agent.clone(),
                begin_login: login::BEGIN,
            }),
            tls: tls.transpose()?,
            pool: PerProcess::new(),
        })
    }

    pub fn host(&self) -> &str {
        &self.route.host
    }

    /// Begins a call; its time starts now.
    pub fn begin(&self, cancel: Option<&Cancel>) -> Call {
        let limits = Limits::new(self.timeout, self.connect_timeout, cancel);
        Call {
            trace: Trace::new(Arc::clone(&self.route), limits.began),
            limits,
            sent: false,
        }
    }

    /// Makes a connection ready for the next call, unless an idle one can serve it.
    pub fn connect(&self, call: &mut Call) -> Result<(), Error> {
        call.limits.check_token().map_err(|e| self.error(e))?;
        while let Some(pooled) = self.pool().acquire(call.limits.began) {
            if pooled.with(Connection::is_usable) {
                call.trace.connection = trace::Connection::Kept;
                call.trace.via = pooled.via.clone();
                self.pool().recycle(pooled, call.limits.began);
                return Ok(());
            }
        }
        let pooled = self.new_connection(call).map_err(|e| self.error(e))?;
        call.trace.tls = pooled.with(Connection::made_ahead);
        self.pool().recycle(pooled, Instant::now());
        Ok(())
    }

    /// Sends a request, and waits for the response as long as the call's limits allow.
    pub fn send(&self, outgoing: &Outgoing, call: &mut Call) -> Result<Reply, Error> {
        // If the service closes a kept connection just before it is used, or sends unsolicited
        // data, a GET is sent once more on a new connection: it changes nothing at the service. A
        // request of which no byte was sent is sent on another connection in any case.
        let mut is_second = false;
        loop {
            let kept = match is_second {
                true => None,
                false => self.pool().acquire(call.limits.began),
            };
            let was_kept = kept.is_some();
            let pooled = match kept {
                Some(pooled) => {
                    call.trace.connection = trace::Connection::Kept;
                    call.trace.via = pooled.via.clone();
                    pooled
                }
                None => self.new_connection(call).map_err(|e| self.error(e))?,
            };
            let (outcome, report) = self.exchange(pooled, outgoing, &call.limits);
            call.sent |= report.sent;
            call.trace.tls = report.tls;
            call.trace.carried = report.carried;
            call.trace.first_byte = report.first_byte;
            let failure = match outcome {
                Ok(reply) => {
                    if let Err(error) = &reply.body {
                        call.trace.failed(report.step, error.message());
                    }
                    return Ok(reply);
                }
                Err(failure) => failure,
            };
            call.trace.failed(report.step, failure.in_short());
            let is_lost = failure.code == Code::ConnectionLost;
            if was_kept && !report.sent && (is_lost || failure.code == Code::TlsFailed) {
                continue;
            }
            let may_repeat = outgoing.method == Method::GET && !is_second && !report.received;
            if !(is_lost && may_repeat && (was_kept || failure.is_unsolicited)) {
                return Err(self.error(failure));
            }
            is_second = true;
        }
    }

    fn error(&self, failure: Failure) -> Error {
        failure.into_error(self.host())
    }

    fn pool(&self) -> &Pool {
        let tls = self.tls.as_ref();
        self.pool.get_or_init(|| Pool::new(tls))
    }

    fn new_connection(&self, call: &mut Call) -> Result<PooledConnection, Failure> {
        let (tls, limits) = (self.pool().tls.as_ref(), call.limits.connecting());
        call.trace.connection = trace::Connection::None;
        call.trace.via = None;
        let stream = self.route.connect(tls, &limits, &mut call.trace)?;
        call.trace.connection = trace::Connection::New;
        let via = call.trace.via.clone();
        Ok(PooledConnection::new(stream, self.config.clone(), via))
    }

    /// One request and its response on a connection, which is kept if it can be.
    fn exchange(
        &self,
        pooled: PooledConnection,
        outgoing: &Outgoing,
        limits: &Limits,
    ) -> (Result<Reply, Failure>, ExchangeReport) {
        let body_size = outgoing.body.as_ref().map_or(0, Vec::len);
        let size = self.header_size + outgoing.target.as_str().len() + body_size;
        pooled.with(|connection| connection.begin(limits, size));
        let outcome = self.run(&pooled.ureq, outgoing, limits);
        let report = pooled.with(Connection::end);
        if report.is_idle {
            let since = report.first_byte.unwrap_or(limits.began);
            self.pool().recycle(pooled, since);
        }
        (outcome, report)
    }

    fn run(
        &self,
        ureq: &ureq::Agent,
        outgoing: &Outgoing,
        limits: &Limits,
    ) -> Result<Reply, Failure> {
        limits.check_token()?;
        let request = self.request(outgoing)?;
        let response = match &outgoing.body {
            Some(body) => ureq.run(request.map(|()| body.as_slice())),
            None => ureq.run(request),
        };
        Ok(self.reply(response?))
    }

    fn request(&self, outgoing: &Outgoing) -> Result<Request<()>, Failure> {
        let mut parts = uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(outgoing.target.clone());
        let mut request = Request::new(());
        *request.method_mut() = outgoing.method.clone();
        *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Failure::internal())?;
        *request.headers_mut() = self.headers.clone();
        if outgoing.body.is_some() {
            request.headers_mut().insert(CONTENT_TYPE, JSON);
        }
        Ok(request)
    }

    fn reply(&self, response: Response<ureq::Body>) -> Reply {
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let is_skipped = head.status.is_redirection() || !(200..600).contains(&status);
        let body = if is_skipped {
            Ok(Body::Skipped)
        } else {
            let body = self.read_body(body, &head);
            body.map_err(|failure| failure.into_error(self.host()).with_status(Some(status)))
        };
        Reply {
            status,
            header: head.headers,
            body,
        }
    }

    fn read_body(&self, body: ureq::Body, head: &response::Parts) -> Result<Body, Failure> {
        let too_large = || {
            let detail = "its response is larger than 1 MiB";
            Err(Failure::new(Code::InvalidResponse, detail))
        };
        let announced = body.content_length();
        if announced.is_some_and(|length| length > MAX_BODY) {
            return too_large();
        }
        // With spare room, so that the read that finds the end does not reallocate.
        let mut bytes = Vec::with_capacity(announced.map_or(512, |length| length as usize + 32));
        // One byte more than allowed shows whether the body is too large.
        match body
            .into_reader()
            .take(MAX_BODY + 1)
            .read_to_end(&mut bytes)
        {
            Ok(_) if bytes.len() as u64 > MAX_BODY => too_large(),
            Ok(_) => Ok(Body::Whole(bytes)),
            Err(e) => match Failure::from(e) {
                failure if failure.code == Code::ConnectionLost && is_close_delimited(head) => {
                    Ok(Body::Cut)
                }
                failure => Err(failure),
            },
        }
    }
}

/// Made once, with the client: ureq reads the environment for it, which the host may change later.
fn ureq_config() -> ureq::config::Config {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        // The app key goes to the configured host alone.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_response_header_size(MAX_HEADER)
        .proxy(None)
        .build()
}

fn headers(settings: &Settings) -> Result<HeaderMap, Error> {
    let host =
        HeaderValue::from_str(settings.base_url.host_and_port()).map_err(|_| Error::internal())?;
    Ok(HeaderMap::from_iter([
        (header::HOST, host),
        (APP_KEY, settings.app_key.clone()),
        (header::ACCEPT, JSON),
        (header::USER_AGENT, settings.user_agent.clone()),
    ]))
}

fn is_close_delimited(head: &response::Parts) -> bool {
    let has = |name| head.headers.contains_key(name);
    let is_chunked = head.version >= Version::HTTP_11 && has(header::TRANSFER_ENCODING);
    !is_chunked && !has(header::CONTENT_LENGTH)
}

//! Sends a request and brings the answer, whatever it is: ureq with this library's connections.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use ureq::http::header::CONTENT_TYPE;
use ureq::http::uri::{self, Authority, PathAndQuery, Scheme};
use ureq::http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, Version, header, response,
};
use ureq::unversioned::transport::ConnectProxyConnector;

use super::call::Call;
use super::cancel::Cancel;
use super::connector::{Dial, NoLookup};
use super::failure::Failure;
use super::roots;
use super::sys::PerProcess;
use crate::config::Settings;
use crate::error::{Code, Error};

/// The most that is read of an answer's header and of its body.
pub(super) const MAX_HEADER: usize = 64 * 1024;
const MAX_BODY: u64 = 1024 * 1024;

/// Connections that are kept between calls, and for how long.
const KEPT: usize = 64;
const KEPT_FOR: Duration = Duration::from_secs(60);

const APP_KEY: HeaderName = HeaderName::from_static("et-app-key");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const REASON: HeaderName = HeaderName::from_static("reason");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a client sends its requests through. Shared by all its threads.
pub(crate) struct Agent {
    scheme: Scheme,
    authority: Authority,
    host: String,
    /// What every request has; cloned, which costs less than to fill a new map.
    headers: HeaderMap,
    timeout: Duration,
    connect_timeout: Duration,
    config: ureq::config::Config,
    tls: Option<ClientConfig>,
    /// Connections must not be shared with a forked child, so each process has an agent.
    ureq: PerProcess<ureq::Agent>,
}

/// A request without what is the same in all of them.
pub(crate) struct Outgoing {
    pub method: Method,
    pub target: PathAndQuery,
    pub body: Option<Vec<u8>>,
}

/// An answer of the service's, as far as it came.
pub(crate) struct Reply {
    pub status: u16,
    pub location: Option<String>,
    pub retry_after: Option<String>,
    pub rate_limit_reset: Option<String>,
    pub date: Option<String>,
    pub reason: Option<String>,
    pub body: Body,
}

pub(crate) enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// Cut where only the connection's end could have told its length: nothing to rely on.
    Cut,
    /// It could not be read.
    Failed(Error),
    /// Not looked at, because the status says it all.
    Skipped,
}

/// A call that has begun: all its requests share one deadline and one token.
pub(crate) struct Begun<'a> {
    deadline: Instant,
    cancel: Option<&'a Cancel>,
}

/// What became of a request.
pub(crate) struct Exchange {
    /// Some of it left, so the service may have acted on it.
    pub sent: bool,
    pub outcome: Result<Reply, Error>,
}

impl Agent {
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let proxy = settings.proxy.as_ref();
        let needs_tls = settings.base_url.is_https() || proxy.is_some_and(|p| p.is_https);
        let tls = needs_tls.then(|| roots::tls_config(settings.trust.as_ref()));
        Ok(Self {
            scheme: settings.base_url.scheme().clone(),
            authority: settings.base_url.authority().clone(),
            host: settings.base_url.host().to_owned(),
            headers: headers(settings)?,
            timeout: settings.timeout,
            connect_timeout: settings.connect_timeout,
            config: ureq_config(settings),
            tls: tls.transpose()?,
            ureq: PerProcess::new(),
        })
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// Begins a call: its time runs from here on.
    pub fn begin<'a>(&self, cancel: Option<&'a Cancel>) -> Begun<'a> {
        Begun {
            deadline: Instant::now() + self.timeout,
            cancel,
        }
    }

    /// Sends a request, and waits for the answer as long as the settings and the token allow.
    pub fn send(&self, outgoing: &Outgoing, begun: &mut Begun) -> Exchange {
        let mut call = Call::new(
            self.timeout,
            self.connect_timeout,
            begun.cancel,
            self.request_size(outgoing),
        );
        call.deadline = begun.deadline;
        let (mut outcome, mut call) = self.attempt(outgoing, call);
        if let Err(failure) = &outcome {
            let was_stale =
                !call.connected && !call.received && failure.code == Code::ConnectionLost;
            // The server closed a kept connection just before it was used. Asking again changes
            // nothing there; anything else may do so only where nothing of it left.
            if was_stale && (outgoing.method == Method::GET || !call.sent) {
                (outcome, call) = self.attempt(outgoing, call.again());
            }
        }
        Exchange {
            sent: call.sent,
            outcome: outcome.map_err(|failure| failure.into_error(self.host())),
        }
    }

    fn attempt(&self, outgoing: &Outgoing, call: Call) -> (Result<Reply, Failure>, Call) {
        let agent = self.ureq.get_or_init(|| self.ureq_agent());
        call.run(|| {
            super::call::check_token()?;
            let request = self.request(outgoing)?;
            let response = match &outgoing.body {
                Some(body) => agent.run(request.map(|()| body.as_slice())),
                None => agent.run(request),
            };
            Ok(self.reply(response?))
        })
    }

    fn request(&self, outgoing: &Outgoing) -> Result<Request<()>, Failure> {
        let internal = |_: ureq::http::Error| Failure::new(Code::Internal, "");
        let mut parts = uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(outgoing.target.clone());
        let mut request = Request::new(());
        *request.method_mut() = outgoing.method.clone();
        *request.uri_mut() = Uri::from_parts(parts).map_err(|e| internal(e.into()))?;
        *request.headers_mut() = self.headers.clone();
        if outgoing.body.is_some() {
            request.headers_mut().insert(CONTENT_TYPE, JSON);
        }
        Ok(request)
    }

    /// An upper bound: 512 bytes cover what every request has.
    fn request_size(&self, outgoing: &Outgoing) -> usize {
        let headers = self.headers.values().map(HeaderValue::len).sum::<usize>();
        512 + headers + outgoing.target.as_str().len() + outgoing.body.as_ref().map_or(0, Vec::len)
    }

    fn reply(&self, response: Response<ureq::Body>) -> Reply {
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let judged_without = head.status.is_redirection() || !(200..600).contains(&status);
        let body = if judged_without {
            Body::Skipped
        } else {
            self.read_body(body, &head)
        };
        // A success has nothing to say in these.
        let text = |name| {
            let first = (!head.status.is_success())
                .then(|| head.headers.get(name))
                .flatten();
            first.map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
        };
        Reply {
            status,
            location: text(header::LOCATION),
            retry_after: text(header::RETRY_AFTER),
            rate_limit_reset: text(RATE_LIMIT_RESET),
            date: text(header::DATE),
            reason: text(REASON),
            body,
        }
    }

    fn read_body(&self, body: ureq::Body, head: &response::Parts) -> Body {
        let too_large = || {
            let detail = "its answer is larger than 1 MiB";
            Body::Failed(Failure::new(Code::InvalidResponse, detail).into_error(self.host()))
        };
        let announced = body.content_length();
        if announced.is_some_and(|length| length > MAX_BODY) {
            return too_large();
        }
        // With room to see the end in.
        let mut bytes = Vec::with_capacity(announced.map_or(512, |length| length as usize + 32));
        // One byte more than is allowed, to see whether there is more.
        match body
            .into_reader()
            .take(MAX_BODY + 1)
            .read_to_end(&mut bytes)
        {
            Ok(_) if bytes.len() as u64 > MAX_BODY => too_large(),
            Ok(_) => Body::Whole(bytes),
            Err(e) => match Failure::from(e) {
                failure if failure.code == Code::ConnectionLost && is_close_delimited(head) => {
                    Body::Cut
                }
                failure => Body::Failed(failure.into_error(self.host())),
            },
        }
    }

    fn ureq_agent(&self) -> ureq::Agent {
        let dial = Dial {
            tls: self
                .tls
                .as_ref()
                .map(|tls| Arc::new(roots::with_own_sessions(tls))),
            tunnel: ConnectProxyConnector::default(),
        };
        ureq::Agent::with_parts(self.config.clone(), dial, NoLookup)
    }
}

/// Made with the client: ureq reads the environment for it, which the host may change later on.
fn ureq_config(settings: &Settings) -> ureq::config::Config {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        // The app key goes to the configured host alone.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_response_header_size(MAX_HEADER)
        .max_idle_connections(KEPT)
        .max_idle_connections_per_host(KEPT)
        .max_idle_age(KEPT_FOR)
        // For the proxy; the service is told by a header of the request's own.
        .user_agent(settings.user_agent.to_str().unwrap_or_default())
        .proxy(settings.proxy.as_ref().map(|p| p.ureq.clone()))
        .build()
}

fn headers(settings: &Settings) -> Result<HeaderMap, Error> {
    let authority = settings.base_url.authority().as_str();
    // As ureq would put it: without the port that the scheme implies.
    let implied = if settings.base_url.is_https() {
        ":443"
    } else {
        ":80"
    };
    let host = authority.strip_suffix(implied).unwrap_or(authority);
    let host = HeaderValue::from_str(host).map_err(|_| Error::internal())?;
    Ok(HeaderMap::from_iter([
        (header::HOST, host),
        (APP_KEY, settings.app_key.clone()),
        (header::ACCEPT, JSON),
        (header::USER_AGENT, settings.user_agent.clone()),
    ]))
}

fn is_close_delimited(head: &response::Parts) -> bool {
    let codings = head.headers.get_all(header::TRANSFER_ENCODING);
    let is_chunked = |coding: &HeaderValue| {
        let coding = coding.to_str().unwrap_or_default();
        coding.to_ascii_lowercase().contains("chunked")
    };
    !head.headers.contains_key(header::CONTENT_LENGTH)
        && (head.version < Version::HTTP_11 || !codings.iter().any(is_chunked))
}

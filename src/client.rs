//! The client: one short method for each call, which joins request, network and response.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::argument::Text;
use crate::config::{Config, Unchecked};
use crate::error::{Code, Error};
use crate::net::Cancel;
use crate::net::agent::{Agent, Outgoing};
use crate::net::call::Call;
use crate::net::settings::Settings;
use crate::net::trace::Trace;
use crate::redaction::ServiceText;
use crate::request::{Kind, Request, Route};
use crate::response::{self, AttemptError};
use crate::secret::Secret;

/// A client of one service, with one app key and a pool of connections. Threads may share it. A
/// clone is another handle to the same pool.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    cancel: Option<Cancel>,
}

struct Inner {
    agent: Agent,
    settings: Settings,
    /// True once a call with two routes found that the service has only the second.
    prefers_second: AtomicBool,
}

/// The result of a successful call: its question or token, if any, and the HTTP status.
pub(crate) struct Done {
    /// The call that the value belongs to; `None` if only a connection was made.
    #[cfg_attr(
        not(feature = "capi"),
        expect(dead_code, reason = "only the C ABI reads it")
    )]
    pub kind: Option<Kind>,
    pub value: Option<Secret>,
    #[cfg_attr(
        not(feature = "capi"),
        expect(dead_code, reason = "only the C ABI reads it")
    )]
    pub http_status: u16,
    #[cfg_attr(
        not(feature = "capi"),
        expect(dead_code, reason = "only the C ABI reads it")
    )]
    pub request_sent: bool,
    #[cfg_attr(
        not(feature = "capi"),
        expect(dead_code, reason = "only the C ABI reads it")
    )]
    pub trace: Option<Trace>,
}

/// The longest shown identifier of a request, in bytes.
const MAX_REQUEST_ID: usize = 100;

impl Client {
    /// Checks the settings, and reads the environment and the trusted certificates, once.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Self::from_unchecked(&config.0)
    }

    pub(crate) fn from_unchecked(settings: &Unchecked<impl Text>) -> Result<Self, Error> {
        let settings = settings.check()?;
        let agent = Agent::new(&settings)?;
        Ok(Self {
            inner: Arc::new(Inner {
                agent,
                settings,
                prefers_second: AtomicBool::new(false),
            }),
            cancel: None,
        })
    }

    /// Returns a handle whose calls any thread can end with `cancel`:
    /// `client.with_cancel(&cancel).secret_question("hello@autoshares.com")`.
    pub fn with_cancel(&self, cancel: &Cancel) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            cancel: Some(cancel.clone()),
        }
    }

    /// Retrieves the user's secret question; `None` if the account has none.
    pub fn secret_question(&self, username: &str) -> Result<Option<String>, Error> {
        let done = self.call(&Request::secret_question(username)?)?;
        Ok(done.value.map(|question| question.expose().to_owned()))
    }

    /// Asks the service to mail a confirmation code to the user. `answer` is the answer to the
    /// secret question, if the account has one.
    pub fn request_reset(&self, username: &str, answer: Option<&str>) -> Result<(), Error> {
        self.call(&Request::request_reset(username, answer)?)
            .map(drop)
    }

    /// Exchanges the mailed code for the token that [`set_password`](Self::set_password) needs. A
    /// service has one of two routes for it, or both: each is used at most once, and the second
    /// only after the service responded that it does not have the first. The client remembers which
    /// one the service has.
    pub fn confirm_code(&self, code: &str) -> Result<Secret, Error> {
        let done = self.call(&Request::confirm_code(code)?)?;
        done.value.ok_or_else(Error::internal)
    }

    /// Sets the new password. `token` may also come from a sign-in with an expired password.
    pub fn set_password(&self, token: &str, new_password: &str) -> Result<(), Error> {
        self.call(&Request::set_password(token, new_password)?)
            .map(drop)
    }

    /// Makes a connection ready for the next call: look-up, TCP, proxy and TLS. A dialog calls it
    /// while its user types. It sends no request.
    pub fn connect(&self) -> Result<(), Error> {
        self.connection().map(drop)
    }

    /// Like [`connect`](Self::connect), and returns the trace.
    pub(crate) fn connection(&self) -> Result<Done, Error> {
        self.traced(|call| {
            self.inner.agent.connect(call)?;
            Ok(Done {
                kind: None,
                value: None,
                http_status: 0,
                request_sent: false,
                trace: None,
            })
        })
    }

    /// One call from end to end.
    pub(crate) fn call(&self, request: &Request) -> Result<Done, Error> {
        self.traced(|call| self.by_either_route(request, call))
    }

    fn traced(&self, work: impl FnOnce(&mut Call) -> Result<Done, Error>) -> Result<Done, Error> {
        let mut call = self.inner.agent.begin(self.cancel.as_ref());
        let outcome = work(&mut call);
        let trace = call.end();
        match outcome {
            Ok(done) => Ok(Done {
                trace: Some(trace),
                ..done
            }),
            Err(error) => Err(error.with_trace(trace)),
        }
    }

    fn by_either_route(&self, request: &Request, call: &mut Call) -> Result<Done, Error> {
        let prefers_second = &self.inner.prefers_second;
        let was_second = prefers_second.load(Ordering::Relaxed);
        let [Some(route), other] = request.routes(was_second) else {
            return Err(Error::internal());
        };
        let (missing, other) = match (self.attempt(request, route, call), other) {
            (Err(failed), Some(other)) if failed.is_no_route => (failed, other),
            (outcome, _) => return outcome.map_err(|failed| failed.error),
        };
        // The service did nothing on the first route, so the request still takes effect at most
        // once.
        let outcome = self.attempt(request, other, call);
        let has_other = match &outcome {
            Ok(_) => true,
            Err(failed) => failed.error.http_status().is_some() && !failed.is_no_route,
        };
        prefers_second.store(has_other && !was_second, Ordering::Relaxed);
        match outcome {
            // If the service has neither route, the error is the second route's.
            Err(failed) if failed.is_no_route && was_second => Err(missing.error),
            outcome => outcome.map_err(|failed| failed.error),
        }
    }

    fn attempt(
        &self,
        request: &Request,
        route: &Route,
        call: &mut Call,
    ) -> Result<Done, AttemptError> {
        let Inner {
            agent, settings, ..
        } = &*self.inner;
        let body = route.body.as_ref().map(serde_json::to_vec).transpose();
        let outgoing = Outgoing {
            method: request.method.clone(),
            target: request.target(&settings.api_path, route.path)?,
            body: body.map_err(|_| Error::internal())?,
        };
        // A request by an earlier route had no effect, so it does not count here.
        let earlier = std::mem::take(&mut call.sent);
        let reply = agent.send(&outgoing, call).map_err(AttemptError::from);
        let is_sent = call.sent;
        call.sent |= earlier;
        let value = reply.and_then(|reply| {
            let http_status = reply.status;
            let secrets = settings.secrets_beside(request.secrets);
            if let Some(id) = response::request_id(&reply) {
                let shown = ServiceText::new(&id).redact(&secrets, MAX_REQUEST_ID);
                call.trace.request_id = Some(shown);
            }
            let value = response::interpret(request.kind, reply, agent.host(), &secrets)?;
            Ok(Done {
                kind: Some(request.kind),
                value,
                http_status,
                request_sent: call.sent,
                trace: None,
            })
        });
        value.map_err(|mut failed| {
            failed.error = failed.error.with_sent(call.sent);
            if route.body.is_some() && is_sent && is_outcome_unknown(&failed.error) {
                failed.error = failed
                    .error
                    .with_hint("The service may have acted on it: the outcome is unknown.");
            }
            failed
        })
    }
}

/// True if a request was sent and no response tells its outcome.
fn is_outcome_unknown(error: &Error) -> bool {
    // A 408 means that the service did not receive the request.
    error.http_status() != Some(408)
        && matches!(
            error.code(),
            Code::ConnectionLost | Code::Cancelled | Code::TlsFailed | Code::Timeout
        )
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client")
            .field(&self.inner.agent.host())
            .finish()
    }
}

//! The client: one short method a call, which joins request, network and answer.

use std::fmt;
use std::sync::Arc;

use crate::config::{Config, Settings};
use crate::error::{Code, Error};
use crate::net::Cancel;
use crate::net::agent::{Agent, Outgoing};
use crate::request::Request;
use crate::response;
use crate::secret::Secret;

/// http's limit for a path with its query.
const MAX_TARGET: usize = u16::MAX as usize - 1;

/// Speaks to one service with one app key. Keeps its connections; share it freely between
/// threads. Cloning gives another handle to the same connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    cancel: Option<Cancel>,
}

struct Inner {
    agent: Agent,
    settings: Settings,
}

/// What a call brought: a question or a token where it has one, and the status it came with.
pub(crate) struct Done {
    pub value: Option<Secret>,
    #[cfg_attr(
        not(feature = "capi"),
        expect(dead_code, reason = "only C asks for it")
    )]
    pub http_status: u16,
}

impl Client {
    /// Checks the settings, and reads the environment and the trusted certificates, once.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let settings = config.check()?;
        let agent = Agent::new(&settings)?;
        Ok(Self {
            inner: Arc::new(Inner { agent, settings }),
            cancel: None,
        })
    }

    /// A handle whose calls `cancel` ends, from any thread:
    /// `client.with_cancel(&cancel).secret_question("hello@autoshares.com")`.
    pub fn with_cancel(&self, cancel: &Cancel) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            cancel: Some(cancel.clone()),
        }
    }

    /// The user's secret question; `None` where the account has none to answer.
    pub fn secret_question(&self, username: &str) -> Result<Option<String>, Error> {
        let done = self.call(&Request::secret_question(username)?)?;
        Ok(done.value.map(|question| question.expose().to_owned()))
    }

    /// Asks for a confirmation code to be mailed to the user, with the answer to the secret
    /// question where one is needed.
    pub fn request_reset(&self, user: &str, answer: Option<&str>) -> Result<(), Error> {
        self.call(&Request::request_reset(user, answer)?).map(drop)
    }

    /// Changes the mailed code for the token that allows to set a new password.
    pub fn confirm_code(&self, code: &str) -> Result<Secret, Error> {
        let done = self.call(&Request::confirm_code(code)?)?;
        done.value.ok_or_else(Error::internal)
    }

    /// Sets the new password.
    pub fn set_password(&self, token: &str, new_password: &str) -> Result<(), Error> {
        self.call(&Request::set_password(token, new_password)?)
            .map(drop)
    }

    /// One call from end to end.
    pub(crate) fn call(&self, request: &Request) -> Result<Done, Error> {
        let Inner { agent, settings } = &*self.inner;
        let target = request.target(&settings.api_path);
        if target.len() > MAX_TARGET {
            return Err(Error::argument(
                "username",
                "is too long for a URL together with the base_url",
            ));
        }
        let outgoing = Outgoing {
            method: request.method.clone(),
            target: target.try_into().map_err(|_| Error::internal())?,
            body: request
                .body
                .as_ref()
                .map(serde_json::to_vec)
                .transpose()
                .map_err(|_| Error::internal())?,
        };
        let exchange = agent.send(&outgoing, self.cancel.as_ref());
        let changes_something = request.body.is_some();
        exchange
            .outcome
            .and_then(|reply| {
                let http_status = reply.status;
                let secrets = settings.secrets_beside(request.secrets);
                let value = response::judge(request.kind, reply, agent.host(), &secrets)?;
                Ok(Done { value, http_status })
            })
            .map_err(|error| {
                let error = error.with_sent(exchange.sent);
                if changes_something && outcome_is_unknown(&error) {
                    error.with_hint("The service may have acted on it: the outcome is unknown.")
                } else {
                    error
                }
            })
    }
}

/// Whether the request left and no answer says what became of it.
fn outcome_is_unknown(error: &Error) -> bool {
    let broke_off = matches!(
        error.code(),
        Code::ConnectionLost | Code::Cancelled | Code::TlsFailed | Code::Timeout
    );
    // A 408 says that the service did not get the request.
    broke_off && error.request_sent() && error.http_status() != Some(408)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client")
            .field(&self.inner.agent.host())
            .finish()
    }
}

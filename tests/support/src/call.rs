//! The client's calls as data.

use autoshares_reset::{Client, Error};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Question,
    Reset,
    Code,
    Password,
    /// The largest request, which does not fit into the buffers of two sockets.
    LongPassword,
}

/// The texts that calls send.
pub struct Texts<'a> {
    pub user: &'a str,
    pub answer: Option<&'a str>,
    pub code: &'a str,
    pub token: &'a str,
    pub password: &'a str,
}

/// The text of a successful call, if it returns one.
pub type Outcome = Result<Option<String>, Error>;

impl Call {
    pub fn make(self, client: &Client, texts: &Texts) -> Outcome {
        match self {
            Self::Question => client.secret_question(texts.user),
            Self::Reset => client
                .request_reset(texts.user, texts.answer)
                .map(|()| None),
            Self::Code => {
                let token = client.confirm_code(texts.code);
                token.map(|token| Some(token.expose().to_owned()))
            }
            Self::Password => client
                .set_password(texts.token, texts.password)
                .map(|()| None),
            Self::LongPassword => {
                // U+0001 takes six bytes in JSON.
                let long = "\u{1}".repeat(16 * 1024);
                client.set_password(&long, &long).map(|()| None)
            }
        }
    }
}

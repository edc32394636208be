//! The users, the codes and tokens given out to them, and when these end.
//!
//! A user has at most one code and one token at a time, a newer one replacing the older, so what is kept is bounded by
//! the number of users.

use std::time::{Duration, Instant};

/// A code is void after this many wrong codes since it was mailed. The confirming call names no user, so each wrong
/// code counts against every code that is out: none can be found by trying them all.
const WRONG_CODES_ALLOWED: u32 = 5;

/// A confirmation code on its way to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The user whom the code is for.
    pub to: String,
    /// The six digits.
    pub code: String,
}

/// Why no code was mailed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoReset {
    UnknownUser,
    AnswerIncorrect,
}

pub(crate) struct Accounts {
    all: Vec<Account>,
    code_lifetime: Duration,
    token_lifetime: Duration,
}

pub(crate) struct Account {
    user: &'static str,
    question: &'static str,
    answer: &'static str,
    rate_limited: bool,
    code: Option<Issued>,
    token: Option<Issued>,
    last_code: Option<String>,
    password: Option<String>,
}

/// A code or token that is out.
struct Issued {
    value: String,
    at: Instant,
    wrong_guesses: u32,
}

impl Issued {
    fn is(&self, value: &str, lifetime: Duration, now: Instant) -> bool {
        self.value == value && now.duration_since(self.at) < lifetime
    }
}

impl Account {
    fn new(user: &'static str, question: &'static str, answer: &'static str) -> Self {
        Account {
            user,
            question,
            answer,
            rate_limited: false,
            code: None,
            token: None,
            last_code: None,
            password: None,
        }
    }

    /// The question to answer, empty where there is none.
    pub(crate) fn question(&self) -> &'static str {
        self.question
    }

    /// White space around an answer and its letter case do not count: people do not remember how they typed it.
    fn accepts(&self, answer: Option<&str>) -> bool {
        self.question.is_empty()
            || answer.is_some_and(|given| given.trim().to_lowercase() == self.answer.to_lowercase())
    }
}

impl Accounts {
    pub(crate) fn new(code_lifetime: Duration, token_lifetime: Duration) -> Self {
        let all = vec![
            Account::new(
                "hello@autoshares.com",
                "What street did you live on in third grade?",
                "Maple Street",
            ),
            Account::new(
                "robert.zak",
                "What is your mother's maiden name?",
                "Peterson",
            ),
            Account::new("noquestion@autoshares.com", "", ""),
            Account::new(
                "zoe@autoshares.com",
                "¿Cómo se llamaba tu primera mascota? 🐶",
                "Ñandú",
            ),
            Account {
                rate_limited: true,
                ..Account::new("limited@autoshares.com", "", "")
            },
        ];
        Accounts {
            all,
            code_lifetime,
            token_lifetime,
        }
    }

    pub(crate) fn find(&self, user: &str) -> Option<&Account> {
        self.all.iter().find(|account| account.user == user)
    }

    pub(crate) fn is_rate_limited(&self, user: &str) -> bool {
        self.find(user).is_some_and(|account| account.rate_limited)
    }

    pub(crate) fn request_reset(
        &mut self,
        user: &str,
        answer: Option<&str>,
        now: Instant,
    ) -> Result<Mail, NoReset> {
        let code = self.unused_code();
        let account = self
            .all
            .iter_mut()
            .find(|account| account.user == user)
            .ok_or(NoReset::UnknownUser)?;
        if !account.accepts(answer) {
            return Err(NoReset::AnswerIncorrect);
        }
        account.code = Some(Issued {
            value: code.clone(),
            at: now,
            wrong_guesses: 0,
        });
        account.last_code = Some(code.clone());
        Ok(Mail {
            to: user.to_owned(),
            code,
        })
    }

    /// Takes a code and gives the token for it. The code is used up.
    pub(crate) fn confirm(&mut self, code: &str, now: Instant) -> Option<String> {
        let lifetime = self.code_lifetime;
        let fits = |account: &&mut Account| {
            account
                .code
                .as_ref()
                .is_some_and(|out| out.is(code, lifetime, now))
        };
        if let Some(account) = self.all.iter_mut().find(fits) {
            account.code = None;
            let token = uuid::Builder::from_random_bytes(random_bytes())
                .into_uuid()
                .to_string();
            account.token = Some(Issued {
                value: token.clone(),
                at: now,
                wrong_guesses: 0,
            });
            return Some(token);
        }
        for account in &mut self.all {
            account.code.take_if(|out| {
                out.wrong_guesses += 1;
                out.wrong_guesses >= WRONG_CODES_ALLOWED
            });
        }
        None
    }

    pub(crate) fn is_token(&self, token: &str, now: Instant) -> bool {
        self.all
            .iter()
            .any(|account| self.owns(account, token, now))
    }

    /// Sets the password of the user to whom the token was given, if it is a token. The token is used up.
    pub(crate) fn set_password(&mut self, token: &str, password: &str, now: Instant) {
        let Some(at) = self
            .all
            .iter()
            .position(|account| self.owns(account, token, now))
        else {
            return;
        };
        self.all[at].token = None;
        self.all[at].password = Some(password.to_owned());
    }

    pub(crate) fn last_code(&self, user: &str) -> Option<&str> {
        self.find(user)?.last_code.as_deref()
    }

    pub(crate) fn password_is(&self, user: &str, password: &str) -> bool {
        self.find(user)
            .and_then(|account| account.password.as_deref())
            == Some(password)
    }

    fn owns(&self, account: &Account, token: &str, now: Instant) -> bool {
        account
            .token
            .as_ref()
            .is_some_and(|out| out.is(token, self.token_lifetime, now))
    }

    /// No two users may hold the same code: the confirming call tells them apart by nothing else.
    fn unused_code(&self) -> String {
        loop {
            let code = format!("{:06}", u128::from_ne_bytes(random_bytes()) % 1_000_000);
            if !self
                .all
                .iter()
                .any(|account| account.code.as_ref().is_some_and(|out| out.value == code))
            {
                return code;
            }
        }
    }
}

fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    const USER: &str = "noquestion@autoshares.com";
    const TEN_MINUTES: Duration = Duration::from_secs(600);
    const JUST_BEFORE: Duration = Duration::from_millis(599_999);

    fn accounts() -> Accounts {
        let options = Options::default();
        Accounts::new(options.code_lifetime, options.token_lifetime)
    }

    #[test]
    fn a_code_lives_for_ten_minutes() {
        let (mut accounts, start) = (accounts(), Instant::now());
        let code = accounts.request_reset(USER, None, start).unwrap().code;
        assert_eq!(accounts.confirm(&code, start + TEN_MINUTES), None);
        assert!(accounts.confirm(&code, start + JUST_BEFORE).is_some());
    }

    #[test]
    fn a_token_lives_for_ten_minutes() {
        let (mut accounts, start) = (accounts(), Instant::now());
        let code = accounts.request_reset(USER, None, start).unwrap().code;
        let token = accounts.confirm(&code, start).unwrap();
        assert!(!accounts.is_token(&token, start + TEN_MINUTES));
        accounts.set_password(&token, "late", start + TEN_MINUTES);
        assert!(!accounts.password_is(USER, "late"));
        accounts.set_password(&token, "in time", start + JUST_BEFORE);
        assert!(accounts.password_is(USER, "in time"));
    }
}

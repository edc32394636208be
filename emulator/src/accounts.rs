//! The users, the codes and tokens issued to them, and when these expire.
//!
//! A user has at most one code and one token at a time, and a newer one replaces the older, so the number of users
//! bounds the memory.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A code is void after this many wrong codes since it was mailed. The call that confirms a code names no user, so each
/// wrong code counts against every valid one: nobody can find a code by trying them all.
const WRONG_CODES_ALLOWED: u32 = 5;
const MAILS_KEPT: usize = 50;

/// Every user's password at the start.
const INITIAL_PASSWORD: &str = "Winter2025";

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

/// The result of a sign-in.
pub(crate) enum SignIn {
    Failed,
    Succeeded,
    /// The password is right but has expired; this token sets a new one.
    Expired(String),
}

pub(crate) struct Accounts {
    all: Vec<Account>,
    mails: VecDeque<(Mail, Instant)>,
    code_lifetime: Duration,
    token_lifetime: Duration,
}

pub(crate) struct Account {
    pub(crate) user: &'static str,
    /// Empty if there is none.
    pub(crate) question: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) rate_limited: bool,
    code: Option<Issued>,
    token: Option<Issued>,
    last_code: Option<String>,
    password: String,
    password_expired: bool,
}

/// A code or token that can be used.
struct Issued {
    value: String,
    at: Instant,
    wrong_guesses: u32,
}

impl Issued {
    fn new(value: &str, at: Instant) -> Self {
        Issued {
            value: value.to_owned(),
            at,
            wrong_guesses: 0,
        }
    }

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
            password: INITIAL_PASSWORD.to_owned(),
            password_expired: false,
        }
    }

    /// Describes the password without revealing it.
    pub(crate) fn password_state(&self) -> &'static str {
        match (self.password_expired, self.password.as_str()) {
            (true, _) => "expired",
            (false, INITIAL_PASSWORD) => "initial",
            (false, _) => "changed",
        }
    }

    /// Ignores letter case and surrounding white space: people do not remember how they typed an answer.
    fn accepts(&self, answer: Option<&str>) -> bool {
        self.question.is_empty()
            || answer.is_some_and(|given| given.trim().to_lowercase() == self.answer.to_lowercase())
    }

    fn issue_token(&mut self, now: Instant) -> String {
        let token = new_token();
        self.token = Some(Issued::new(&token, now));
        token
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
            mails: VecDeque::new(),
            code_lifetime,
            token_lifetime,
        }
    }

    pub(crate) fn all(&self) -> &[Account] {
        &self.all
    }

    pub(crate) fn find(&self, user: &str) -> Option<&Account> {
        self.all.iter().find(|account| account.user == user)
    }

    fn find_mut(&mut self, user: &str) -> Option<&mut Account> {
        self.all.iter_mut().find(|account| account.user == user)
    }

    pub(crate) fn is_rate_limited(&self, user: &str) -> bool {
        self.find(user).is_some_and(|account| account.rate_limited)
    }

    pub(crate) fn expire_password(&mut self, user: &str) {
        if let Some(account) = self.find_mut(user) {
            account.password_expired = true;
        }
    }

    pub(crate) fn sign_in(&mut self, user: &str, password: &str, now: Instant) -> SignIn {
        match self.find_mut(user) {
            Some(account) if account.password == password => {
                if account.password_expired {
                    SignIn::Expired(account.issue_token(now))
                } else {
                    SignIn::Succeeded
                }
            }
            _ => SignIn::Failed,
        }
    }

    pub(crate) fn request_reset(
        &mut self,
        user: &str,
        answer: Option<&str>,
        now: Instant,
    ) -> Result<Mail, NoReset> {
        let code = self.unused_code();
        let account = self.find_mut(user).ok_or(NoReset::UnknownUser)?;
        if !account.accepts(answer) {
            return Err(NoReset::AnswerIncorrect);
        }
        account.code = Some(Issued::new(&code, now));
        account.last_code = Some(code.clone());
        let mail = Mail {
            to: user.to_owned(),
            code,
        };
        if self.mails.len() == MAILS_KEPT {
            self.mails.pop_front();
        }
        self.mails.push_back((mail.clone(), now));
        Ok(mail)
    }

    /// Exchanges a code for a token. The code cannot be used again.
    pub(crate) fn confirm(&mut self, code: &str, now: Instant) -> Option<String> {
        let lifetime = self.code_lifetime;
        let fits = |account: &&mut Account| {
            account
                .code
                .as_ref()
                .is_some_and(|issued| issued.is(code, lifetime, now))
        };
        if let Some(account) = self.all.iter_mut().find(fits) {
            account.code = None;
            return Some(account.issue_token(now));
        }
        for account in &mut self.all {
            account.code.take_if(|issued| {
                issued.wrong_guesses += 1;
                issued.wrong_guesses >= WRONG_CODES_ALLOWED
            });
        }
        None
    }

    pub(crate) fn is_token(&self, token: &str, now: Instant) -> bool {
        self.all
            .iter()
            .any(|account| self.owns(account, token, now))
    }

    /// Sets the password of the token's user, if the token is valid. The token cannot be used again.
    pub(crate) fn set_password(&mut self, token: &str, password: &str, now: Instant) {
        let Some(at) = self
            .all
            .iter()
            .position(|account| self.owns(account, token, now))
        else {
            return;
        };
        let account = &mut self.all[at];
        account.token = None;
        account.password = password.to_owned();
        account.password_expired = false;
    }

    pub(crate) fn last_code(&self, user: &str) -> Option<&str> {
        self.find(user)?.last_code.as_deref()
    }

    pub(crate) fn password_is(&self, user: &str, password: &str) -> bool {
        self.find(user)
            .is_some_and(|account| account.password == password)
    }

    /// The latest mails, oldest first, with their times.
    pub(crate) fn mails(&self) -> impl DoubleEndedIterator<Item = &(Mail, Instant)> {
        self.mails.iter()
    }

    /// True if this mail's code can still be confirmed.
    pub(crate) fn is_valid(&self, mail: &Mail, now: Instant) -> bool {
        let code = self
            .find(&mail.to)
            .and_then(|account| account.code.as_ref());
        code.is_some_and(|issued| issued.is(&mail.code, self.code_lifetime, now))
    }

    fn owns(&self, account: &Account, token: &str, now: Instant) -> bool {
        account
            .token
            .as_ref()
            .is_some_and(|issued| issued.is(token, self.token_lifetime, now))
    }

    /// No two users may hold the same code, because the call that confirms it identifies the user by nothing else.
    fn unused_code(&self) -> String {
        loop {
            let code = format!("{:06}", u128::from_ne_bytes(random_bytes()) % 1_000_000);
            if !self.all.iter().any(|account| {
                account
                    .code
                    .as_ref()
                    .is_some_and(|issued| issued.value == code)
            }) {
                return code;
            }
        }
    }
}

pub(crate) fn new_token() -> String {
    uuid::Builder::from_random_bytes(random_bytes())
        .into_uuid()
        .to_string()
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
        let mail = accounts.request_reset(USER, None, start).unwrap();
        assert!(!accounts.is_valid(&mail, start + TEN_MINUTES));
        assert_eq!(accounts.confirm(&mail.code, start + TEN_MINUTES), None);
        assert!(accounts.is_valid(&mail, start + JUST_BEFORE));
        assert!(accounts.confirm(&mail.code, start + JUST_BEFORE).is_some());
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

    #[test]
    fn fifty_mails_are_kept() {
        let (mut accounts, start) = (accounts(), Instant::now());
        for seconds in 0..60 {
            let now = start + Duration::from_secs(seconds);
            accounts.request_reset(USER, None, now).unwrap();
        }
        let valid: Vec<bool> = accounts
            .mails()
            .map(|(mail, at)| accounts.is_valid(mail, *at))
            .collect();
        assert_eq!(valid.len(), 50);
        assert!(valid[49] && !valid[..49].contains(&true));
    }
}

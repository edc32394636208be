//! The program's arguments.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use autoshares_emulator::{ConfirmRoute, DEFAULT_PORT, Options, UnknownUser};
use lexopt::prelude::*;

/// The default of `--ca-file`.
const DEFAULT_CA_FILE: &str = "autoshares-emulator-ca.pem";

pub const HELP: &str = "\
A local stand-in of the AutoShares password reset service, on 127.0.0.1.

Usage: autoshares-emulator [OPTIONS]

Listening:
      --port N                 HTTP port, 0 for any free one [default: 8700]
      --https                  Speak HTTPS too, with a new certificate each time
      --https-port N           HTTPS port, 0 for any free one [default: 0]
      --ca-file PATH           Write the CA that clients have to trust to this
                               file [default: autoshares-emulator-ca.pem]
      --max-connections N      Allow this many open connections [default: 256]

The service:
      --app-key KEY            The only valid key [default: emulator-app-key]
      --app-key-status N       Status for a wrong key, 401 or 403 [default: 401]
      --code-lifetime SECS     Lifetime of a mailed code [default: 600]
      --token-lifetime SECS    Lifetime of a token [default: 600]
      --confirm-route ROUTE    Routes that confirm a code: password, identifiers
                               or both [default: password]
      --unknown-user HOW       Response to an unknown user: refuse (200) or
                               crash (500) [default: refuse]
      --expired-password USER  This user's password has expired: the sign-in,
                               POST /token, gives out a token for a new one
      --delay-ms N             Send each response of the service N milliseconds
                               late [default: 0]

The program:
      --until-stdin-closes     End when standard input ends
      --verbose                Log method, path and status of each request to
                               standard error
  -h, --help                   Print this help
  -V, --version                Print the version

When it is ready it prints AUTOSHARES_BASE_URL=…, with --https also
AUTOSHARES_HTTPS_URL=… and AUTOSHARES_CA_FILE=…, and a line `ready`;
after that a line `MAIL to=USER code=CODE` for each code that it mails.

Open the base URL in a browser to see the users, the mail and the requests.
To make the next calls fail: POST /emulator/fail-next?status=503&count=1
";

/// The action that the arguments ask for.
pub enum Request {
    Help,
    Version,
    Run(Box<Arguments>),
}

pub struct Arguments {
    pub options: Options,
    pub ca_file: PathBuf,
    pub until_stdin_closes: bool,
    pub verbose: bool,
}

pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, lexopt::Error> {
    let mut options = Options {
        port: DEFAULT_PORT,
        ..Options::default()
    };
    let mut https = false;
    let (mut https_port, mut ca_file) = (None, None);
    let (mut until_stdin_closes, mut verbose) = (false, false);
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => options.port = parser.value()?.parse()?,
            Long("https") => https = true,
            Long("https-port") => https_port = Some(parser.value()?.parse()?),
            Long("ca-file") => ca_file = Some(PathBuf::from(parser.value()?)),
            Long("app-key") => options.app_key = parser.value()?.string()?,
            Long("app-key-status") => options.app_key_status = parser.value()?.parse()?,
            Long("code-lifetime") => {
                options.code_lifetime = Duration::from_secs(parser.value()?.parse()?)
            }
            Long("token-lifetime") => {
                options.token_lifetime = Duration::from_secs(parser.value()?.parse()?)
            }
            Long("confirm-route") => {
                options.confirm_route = one_of(
                    &parser.value()?.string()?,
                    &[
                        ("password", ConfirmRoute::Password),
                        ("identifiers", ConfirmRoute::Identifiers),
                        ("both", ConfirmRoute::Both),
                    ],
                )?
            }
            Long("unknown-user") => {
                let choices = [
                    ("refuse", UnknownUser::Refuse),
                    ("crash", UnknownUser::Crash),
                ];
                options.unknown_user = one_of(&parser.value()?.string()?, &choices)?
            }
            Long("expired-password") => options.expired_password = Some(parser.value()?.string()?),
            Long("delay-ms") => options.delay = Duration::from_millis(parser.value()?.parse()?),
            Long("max-connections") => options.max_connections = parser.value()?.parse()?,
            Long("until-stdin-closes") => until_stdin_closes = true,
            Long("verbose") => verbose = true,
            Short('h') | Long("help") => return Ok(Request::Help),
            Short('V') | Long("version") => return Ok(Request::Version),
            other => return Err(other.unexpected()),
        }
    }
    if !https && (https_port.is_some() || ca_file.is_some()) {
        return Err("--https-port and --ca-file need --https".into());
    }
    options.https_port = https.then_some(https_port.unwrap_or(0));
    let ca_file = ca_file.unwrap_or_else(|| DEFAULT_CA_FILE.into());
    Ok(Request::Run(Box::new(Arguments {
        options,
        ca_file,
        until_stdin_closes,
        verbose,
    })))
}

fn one_of<T: Copy>(value: &str, choices: &[(&str, T)]) -> Result<T, lexopt::Error> {
    if let Some((_, choice)) = choices.iter().find(|(name, _)| value == *name) {
        return Ok(*choice);
    }
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    Err(format!("{value} is not one of {}", names.join(", ")).into())
}

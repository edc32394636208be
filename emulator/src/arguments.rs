//! The program's arguments.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use autoshares_emulator::{DEFAULT_PORT, Options};
use lexopt::prelude::*;

/// Where the CA goes unless `--ca-file` says otherwise.
const DEFAULT_CA_FILE: &str = "autoshares-emulator-ca.pem";

pub const HELP: &str = "\
A local stand-in of the AutoShares password reset service, on 127.0.0.1.

Usage: autoshares-emulator [OPTIONS]

      --port N               HTTP port, 0 for any free one [default: 8700]
      --https                Speak HTTPS too, with a certificate made at each start
      --https-port N         HTTPS port, 0 for any free one [default: 0]
      --ca-file PATH         Where to write the CA that clients have to trust
                             [default: autoshares-emulator-ca.pem]
      --app-key KEY          The one key that is accepted [default: emulator-app-key]
      --app-key-status N     Status for a wrong key, 401 or 403 [default: 401]
      --code-lifetime SECS   How long a mailed code can be used [default: 600]
      --token-lifetime SECS  How long a token can be used [default: 600]
      --max-connections N    How many connections may be open at once [default: 256]
      --until-stdin-closes   End when standard input ends
      --verbose              Log each request to standard error: method, path, status
  -h, --help                 Print this
  -V, --version              Print the version

When it is ready it prints AUTOSHARES_BASE_URL=…, with --https also
AUTOSHARES_HTTPS_URL=… and AUTOSHARES_CA_FILE=…, and a line `ready`;
after that a line `MAIL to=USER code=CODE` for each code that it mails.
";

/// What the arguments ask for.
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

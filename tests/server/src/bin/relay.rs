//! Relays to a server on this machine with the delay of a distant one, for the benchmarks.

#![deny(unsafe_code)]

use std::error::Error;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::*;

use autoshares_case_server::{program, relay};

const HELP: &str = "\
Relays a free port of 127.0.0.1 to a server, and delays the data in both directions.

Usage: autoshares-relay --to ADDRESS:PORT --round-trip-ms NUMBER [OPTIONS]

      --to ADDRESS:PORT       The server
      --round-trip-ms NUMBER  The time there and back; to connect takes as long
      --until-stdin-closes    End when standard input ends
  -h, --help                  Print this

When it is ready it prints AUTOSHARES_RELAY=127.0.0.1:PORT and a line `ready`.
";

fn main() -> ExitCode {
    program::exit_code("autoshares-relay", run)
}

fn run() -> Result<(), Box<dyn Error>> {
    let (mut to, mut round_trip, mut until_stdin_closes) = (None::<SocketAddr>, None, false);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("to") => to = Some(arguments.value()?.parse()?),
            Long("round-trip-ms") => round_trip = Some(arguments.value()?.parse()?),
            Long("until-stdin-closes") => until_stdin_closes = true,
            Short('h') | Long("help") => {
                io::stdout().write_all(HELP.as_bytes())?;
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let missing = |option| lexopt::Error::Custom(format!("{option} is missing").into());
    let to = to.ok_or_else(|| missing("--to"))?;
    let round_trip = round_trip.ok_or_else(|| missing("--round-trip-ms"))?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut stdout = io::stdout();
    write!(
        stdout,
        "AUTOSHARES_RELAY={}\nready\n",
        listener.local_addr()?
    )?;
    stdout.flush()?;
    relay::start(
        listener,
        to,
        Duration::from_millis(round_trip),
        relay::WHOLE,
    );
    program::serve(until_stdin_closes)?;
    Ok(())
}

//! The case server as a program, for the runners in other languages.

#![deny(unsafe_code)]

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use autoshares_case_server::{CaseServer, program};
use lexopt::prelude::*;

const HELP: &str = "\
Plays the service's side of the conformance table, on a free port of 127.0.0.1.

Usage: autoshares-case-server [OPTIONS]

      --cases FILE          The table [default: tests/cases.json]
      --until-stdin-closes  End when standard input ends
  -h, --help                Print this

When it is ready it prints AUTOSHARES_CASES_URL=http://127.0.0.1:PORT and a line `ready`.
A client of row ID has the base URL http://127.0.0.1:PORT/ID.
";

fn main() -> ExitCode {
    program::exit_code("autoshares-case-server", run)
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut cases = PathBuf::from("tests/cases.json");
    let mut until_stdin_closes = false;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("cases") => cases = arguments.value()?.into(),
            Long("until-stdin-closes") => until_stdin_closes = true,
            Short('h') | Long("help") => {
                io::stdout().write_all(HELP.as_bytes())?;
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let server = CaseServer::start(&cases)?;
    let mut stdout = io::stdout();
    write!(stdout, "AUTOSHARES_CASES_URL={}\nready\n", server.url())?;
    stdout.flush()?;
    program::serve(until_stdin_closes)?;
    Ok(())
}

//! The parts that the programs of this package have in common.

use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::thread;

/// Runs a program, and prints its error. The exit code of wrong arguments is 2.
pub fn exit_code(name: &str, run: impl FnOnce() -> Result<(), Box<dyn Error>>) -> ExitCode {
    let Err(error) = run() else {
        return ExitCode::SUCCESS;
    };
    eprintln!("{name}: {error}");
    match error.is::<lexopt::Error>() {
        true => 2.into(),
        false => ExitCode::FAILURE,
    }
}

/// Waits until standard input ends, or until the program is ended.
pub fn serve(until_stdin_closes: bool) -> io::Result<()> {
    if until_stdin_closes {
        return io::copy(&mut io::stdin(), &mut io::sink()).map(drop);
    }
    loop {
        thread::park();
    }
}

//! The emulator as a program: arguments, output and exit.

#![deny(unsafe_code)]

mod arguments;
mod printer;

use std::future::{self, Future};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, path, thread};

use autoshares_emulator::Emulator;
use tokio::runtime;
use tokio::sync::oneshot;

use crate::arguments::{Arguments, Request};
use crate::printer::Printer;

const USAGE_ERROR: u8 = 2;

fn main() -> ExitCode {
    let text = match arguments::parse(env::args_os().skip(1)) {
        Ok(Request::Help) => arguments::HELP.to_owned(),
        Ok(Request::Version) => format!("autoshares-emulator {}\n", env!("CARGO_PKG_VERSION")),
        Ok(Request::Run(arguments)) => {
            return match run(*arguments) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    print_error(&error.to_string());
                    if error.kind() == io::ErrorKind::InvalidInput {
                        USAGE_ERROR.into()
                    } else {
                        ExitCode::FAILURE
                    }
                }
            };
        }
        Err(error) => {
            print_error(&format!("{error} (--help lists the options)"));
            return USAGE_ERROR.into();
        }
    };
    // Fails if nobody reads the output, and the program must not panic then.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn run(arguments: Arguments) -> io::Result<()> {
    let Arguments {
        mut options,
        ca_file,
        until_stdin_closes,
        verbose,
    } = arguments;
    let (output, output_written) = Printer::new(io::stdout());
    let (log, log_written) = Printer::new(io::stderr());

    let mail = output.clone();
    options.on_mail = Some(Box::new(move |it| {
        mail.line(format!("MAIL to={} code={}", it.to, it.code))
    }));
    if verbose {
        options.on_request = Some(Box::new(move |record| log.line(record.to_string())));
    } else {
        drop(log);
    }

    runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            // The handlers are installed before `ready` is printed, so that they catch a signal right after it.
            let signalled = signalled()?;
            let emulator = Emulator::start(options)?;
            announce(&emulator, &ca_file, &output)?;
            tokio::select! {
                () = signalled => {}
                () = stdin_closed(until_stdin_closes) => {}
            }
            io::Result::Ok(())
        })?;

    drop(output);
    output_written.wait();
    log_written.wait();
    Ok(())
}

fn announce(emulator: &Emulator, ca_file: &Path, output: &Printer) -> io::Result<()> {
    output.line(format!("AUTOSHARES_BASE_URL={}", emulator.base_url()));
    if let (Some(url), Some(ca_pem)) = (emulator.https_url(), emulator.ca_pem()) {
        let with_path = |error: io::Error| {
            io::Error::new(
                error.kind(),
                format!("cannot write the CA to {}: {error}", ca_file.display()),
            )
        };
        let file = path::absolute(ca_file).map_err(with_path)?;
        fs::write(&file, ca_pem).map_err(with_path)?;
        output.line(format!("AUTOSHARES_HTTPS_URL={url}"));
        output.line(format!("AUTOSHARES_CA_FILE={}", file.display()));
    }
    output.line("ready".to_owned());
    Ok(())
}

/// Installs the handlers of the signals that end the program, and returns a future that waits for one.
#[cfg(unix)]
fn signalled() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn signalled() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

async fn stdin_closed(until_stdin_closes: bool) {
    if !until_stdin_closes {
        return future::pending().await;
    }
    let (closed, waiting) = oneshot::channel::<()>();
    // A read of a terminal or a pipe cannot be cancelled, so a thread does it. The process ends without waiting for it.
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        drop(closed);
    });
    let _ = waiting.await;
}

fn print_error(message: &str) {
    let _ = writeln!(io::stderr(), "autoshares-emulator: {message}");
}

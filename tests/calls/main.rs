//! Calls against a service that is scripted, or against the emulator. What measures the process or its time has a program
//! apart.

/// Another thread ends a call, wherever it waits.
mod cancellation;
/// The two routes that confirm a code.
mod confirm_routes;
/// Connections that are kept between calls, and the actions of a server on them.
mod connections;
/// The details of a failed call.
mod details;
/// The whole reset, against the emulator.
mod flow;

use std::time::Duration;

use autoshares_reset::{Client, Error};
use autoshares_test_support::certificates;
use autoshares_test_support::server::{QUESTION, Server};

/// Long enough for a server's data or close to arrive.
const A_MOMENT: Duration = Duration::from_millis(100);

fn client(server: &Server) -> Client {
    certificates::trusting(server.config("key"))
}

fn ask(client: &Client) -> Result<(), Error> {
    let question = client.secret_question("robert.zak")?;
    assert_eq!(question.as_deref(), Some(QUESTION));
    Ok(())
}

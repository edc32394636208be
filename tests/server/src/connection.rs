//! Serves one connection: reads requests and sends the responses of their rows.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::json;

use crate::compare::Arrived;
use crate::places::Place;
use crate::table::{Table, Then};

/// The idle time after which the server closes a connection.
const PATIENCE: Duration = Duration::from_secs(20);

/// The time for a client to read a response, before its unread requests end the connection.
const LINGER: Duration = Duration::from_secs(2);

/// More than the longest arguments make.
const MAX_HEADER: usize = 256 * 1024;
const MAX_BODY: usize = 1024 * 1024;

pub(crate) fn serve(place: &Place, table: &Table) {
    // Many rows break the connection, which the client reports.
    let _ = serve_all(&place.stream, table);
}

fn serve_all(stream: &TcpStream, table: &Table) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut incoming = Incoming {
        stream,
        unread: Vec::new(),
    };
    loop {
        let (bytes, then) = match incoming.request() {
            Ok(Some(request)) => response_to(&request, table)?,
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                refusal("?", &error.to_string())
            }
            Err(error) => return Err(error),
        };
        { stream }.write_all(&bytes)?;
        match then {
            Then::Keep => continue,
            // The end is sent before the client's last bytes are discarded: closing with unread
            // bytes would send a reset, which can overtake the response.
            Then::Close => {
                stream.shutdown(Shutdown::Write)?;
                stream.set_read_timeout(Some(LINGER))?;
            }
            Then::Stall => {}
        }
        io::copy(&mut { stream }, &mut io::sink())?;
        return Ok(());
    }
}

fn response_to(request: &Arrived, table: &Table) -> io::Result<(Vec<u8>, Then)> {
    let id = request.split_target().0;
    let Some(row) = table.row(id) else {
        return Ok(refusal(id, "there is no such row"));
    };
    let second = row.second.as_ref();
    let first = row.request.as_ref().zip(row.response.as_ref());
    let second = second.map(|second| (&second.request, &second.response));
    let mut difference = None;
    for (wanted, response) in first.into_iter().chain(second) {
        let wanted = table.request(wanted).expect("checked when it was read");
        let differs = request.difference(wanted);
        if differs.is_none() {
            return Ok((response.bytes(&table.files)?, response.then()));
        }
        difference = difference.or(differs);
    }
    let nothing = "a request arrived where there should be none".into();
    Ok(refusal(id, &difference.unwrap_or(nothing)))
}

/// A status that no row expects, so that a row with a wrong request fails.
fn refusal(id: &str, why: &str) -> (Vec<u8>, Then) {
    eprintln!("{id}: {why}");
    let body = json!({"Message": format!("Row {id}: {why}")}).to_string();
    let size = body.len();
    let header = "HTTP/1.1 418 Not as in the table\r\nContent-Type: application/json";
    let response = format!("{header}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n{body}");
    (response.into_bytes(), Then::Close)
}

struct Incoming<'a> {
    stream: &'a TcpStream,
    unread: Vec<u8>,
}

impl Incoming<'_> {
    /// The next request; `None` if the client has closed the connection.
    fn request(&mut self) -> io::Result<Option<Arrived>> {
        loop {
            if let Some((size, mut request, length)) = parse(&self.unread)? {
                while self.unread.len() < size + length {
                    if !self.more()? {
                        return Err(bad("the body is cut"));
                    }
                }
                request.body = self.unread[size..size + length].into();
                self.unread.drain(..size + length);
                return Ok(Some(request));
            }
            if self.unread.len() > MAX_HEADER {
                return Err(bad("the header is too long"));
            }
            if !self.more()? {
                return Ok(None);
            }
        }
    }

    fn more(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let count = self.stream.read(&mut buffer)?;
        self.unread.extend_from_slice(&buffer[..count]);
        Ok(count > 0)
    }
}

/// A complete header: its size, the request so far, and the length of its body.
fn parse(bytes: &[u8]) -> io::Result<Option<(usize, Arrived, usize)>> {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(size) = request.parse(bytes).map_err(|e| bad(&e.to_string()))?
    else {
        return Ok(None);
    };
    let fields = || request.headers.iter();
    let value_of = |name| fields().find(|field| field.name.eq_ignore_ascii_case(name));
    if value_of("transfer-encoding").is_some() {
        return Err(bad("the body has no length"));
    }
    let length = match value_of("content-length") {
        None => 0,
        Some(field) => std::str::from_utf8(field.value)
            .ok()
            .and_then(|value| value.parse().ok())
            .filter(|length| *length <= MAX_BODY)
            .ok_or_else(|| bad("the body's length is bad"))?,
    };
    let arrived = Arrived {
        method: request.method.unwrap_or_default().into(),
        target: request.path.unwrap_or_default().into(),
        headers: fields()
            .map(|field| (field.name.into(), field.value.into()))
            .collect(),
        body: Vec::new(),
    };
    Ok(Some((size, arrived, length)))
}

fn bad(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

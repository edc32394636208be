//! Validates the bytes of a response before ureq sees them: whole headers, and framing that the
//! standard allows.
//!
//! ureq's parser accepts malformed chunk sizes, refuses long chunk lines, and keeps a connection
//! whose response had two framings. So this module validates each response first.

use std::mem::MaybeUninit;

use httparse::{ParserConfig, Response, Status};

use super::failure::Failure;
use crate::error::Code;

#[cfg(test)]
mod tests;

/// The largest accepted header of a response, and the longest line around a chunk.
pub(super) const MAX_HEADER: usize = 64 * 1024;

/// The largest accepted response. ureq limits the header and the agent the body, but neither limits
/// the lines around chunks: the largest body takes 6 MiB in chunks of one byte.
const MAX_RESPONSE: usize = 8 * 1024 * 1024;

/// The smallest buffer for one read.
const READ_SIZE: usize = 4_096;

/// The most memory that an idle connection keeps.
const IDLE_SIZE: usize = 16_384;

/// Longer than most status lines.
const STATUS_LINE: usize = 64;

/// The number of fields that ureq accepts.
const MAX_FIELDS: usize = 128;

/// The digits of the largest chunk size, and the line break.
const MAX_SIZE_LINE: usize = 16 + 2;

#[derive(Default)]
pub(super) struct Incoming {
    buffer: Vec<u8>,
    /// The start of the bytes that ureq has not consumed yet.
    start: usize,
    /// The end of the validated bytes.
    validated: usize,
    end: usize,
    /// The end of the part of `buffer` that was ever filled in this exchange.
    high_water_mark: usize,
    /// The number of bytes that arrived in this exchange.
    taken: usize,
    part: Part,
    /// ureq consumed some input at its last attempt.
    progress: bool,
    /// The fault after the validated bytes. It is reported only once ureq has consumed those, so
    /// that the failure of a response with a valid header has its status.
    broken: Option<Failure>,
}

/// The part of a response that comes next.
#[derive(Default, Clone, Copy, PartialEq)]
enum Part {
    #[default]
    Header,
    /// A body that its length or the connection's end delimits.
    Body,
    /// The status says that there is no body.
    Nothing,
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailer,
    /// After the last chunk.
    End,
}

impl Incoming {
    pub fn has_begun(&self) -> bool {
        self.taken > 0
    }

    /// True if the response has no body by its status. A body that follows all the same must not
    /// become the next response.
    pub fn is_bodiless(&self) -> bool {
        self.part == Part::Nothing
    }

    /// True if the last chunk has arrived: a body is whole without the end of its trailers.
    pub fn is_whole(&self) -> bool {
        self.part == Part::Trailer
    }

    /// The validated bytes that ureq has not consumed yet.
    pub fn input(&self) -> &[u8] {
        &self.buffer[self.start..self.validated]
    }

    pub fn consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.start += amount;
    }

    /// True if another attempt of ureq can consume some of the input.
    pub fn is_usable(&self) -> bool {
        self.start < self.validated && self.progress
    }

    /// True if bytes are left over.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Returns room for the next bytes.
    pub fn space(&mut self) -> &mut [u8] {
        if self.buffer.len() - self.end < READ_SIZE {
            self.buffer.copy_within(self.start..self.end, 0);
            self.validated -= self.start;
            self.end -= self.start;
            self.start = 0;
            // Never shrunk: the filled part must be wiped later.
            let wanted = (self.end + READ_SIZE)
                .next_power_of_two()
                .max(2 * READ_SIZE);
            self.buffer.resize(wanted.max(self.buffer.len()), 0);
        }
        &mut self.buffer[self.end..]
    }

    /// Fails if the response violates the standard after the consumed bytes.
    pub fn check(&mut self) -> Result<(), Failure> {
        self.broken.take().map_or(Ok(()), Err)
    }

    /// Validates the bytes that arrived in [`space`](Self::space). Fails if none is usable.
    pub fn arrived(&mut self, count: usize) -> Result<(), Failure> {
        let waited = self.end - self.validated;
        self.end += count;
        self.high_water_mark = self.high_water_mark.max(self.end);
        self.taken += count;
        // A header that arrives byte by byte is parsed at each byte up to the length of a status
        // line, and then only at line ends.
        let is_worth_a_look = waited < STATUS_LINE
            || self.part != Part::Header
            || self.buffer[self.end - count..self.end].contains(&b'\n');
        self.broken = self.validate_all(is_worth_a_look).err();
        if self.start == self.validated {
            self.check()?;
        }
        Ok(())
    }

    fn validate_all(&mut self, is_worth_a_look: bool) -> Result<(), Failure> {
        while is_worth_a_look && self.validate_next()? {}
        let waiting = match self.part {
            Part::Header => self.taken,
            _ => self.end - self.validated,
        };
        if waiting > MAX_HEADER {
            return Err(malformed(TOO_LONG));
        }
        if self.taken > MAX_RESPONSE {
            return Err(malformed(
                "its response with the lines around its chunks is larger than 8 MiB",
            ));
        }
        Ok(())
    }

    /// Wipes the bytes of the exchange.
    pub fn wipe(&mut self) {
        self.buffer[..self.high_water_mark].fill(0);
        let mut buffer = std::mem::take(&mut self.buffer);
        if buffer.len() > IDLE_SIZE {
            buffer = Vec::new();
        }
        *self = Self {
            buffer,
            ..Self::default()
        };
    }

    /// Validates the next part; returns `false` if more of it must arrive first.
    fn validate_next(&mut self) -> Result<bool, Failure> {
        let waiting = &self.buffer[self.validated..self.end];
        let (size, next) = match self.part {
            Part::Header => match header(waiting)? {
                None => return Ok(false),
                // ureq skips an informational response too, but refuses one with header fields.
                Some((size, Part::Header)) => {
                    self.validated += size;
                    self.start = self.validated;
                    return Ok(true);
                }
                Some((size, _)) if size > MAX_HEADER => return Err(malformed(TOO_LONG)),
                Some(header) => header,
            },
            Part::ChunkSize => match chunk_size(waiting)? {
                None => return Ok(false),
                Some((line, 0)) => (self.canonical(line, 0), Part::Trailer),
                Some((line, size)) => (self.canonical(line, size), Part::Chunk(size)),
            },
            Part::Chunk(left) => {
                let here = waiting
                    .len()
                    .min(usize::try_from(left).unwrap_or(usize::MAX));
                match left - here as u64 {
                    0 => (here, Part::ChunkEnd),
                    left => (here, Part::Chunk(left)),
                }
            }
            Part::ChunkEnd => match waiting {
                [b'\r', b'\n', ..] => (2, Part::ChunkSize),
                [] | [b'\r'] => return Ok(false),
                _ => {
                    return Err(malformed(
                        "a chunk of its response is longer than announced",
                    ));
                }
            },
            Part::Trailer => match waiting.windows(2).position(|pair| pair == b"\r\n") {
                None => return Ok(false),
                Some(0) => (2, Part::End),
                Some(line) => (line + 2, Part::Trailer),
            },
            Part::Body | Part::Nothing | Part::End => (waiting.len(), self.part),
        };
        self.validated += size;
        self.part = next;
        Ok(size > 0)
    }

    /// Removes a chunk's extensions from its line, because ureq refuses long ones. Returns the new
    /// length of the line.
    fn canonical(&mut self, line: usize, size: u64) -> usize {
        if line <= MAX_SIZE_LINE {
            return line;
        }
        let short = format!("{size:x}\r\n");
        let (from, to) = (self.validated + line, self.validated + short.len());
        self.buffer[self.validated..to].copy_from_slice(short.as_bytes());
        self.buffer.copy_within(from..self.end, to);
        self.end -= from - to;
        short.len()
    }
}

const TOO_LONG: &str = "its header, or a line around a chunk, is larger than 64 KiB";

fn malformed(detail: &'static str) -> Failure {
    Failure::new(Code::InvalidResponse, detail)
}

/// A fast path for most headers: those with no field that begins with T, and a status that allows a
/// body. Returns the size of the header and the part after it.
fn plain_header(bytes: &[u8]) -> Option<(usize, Part)> {
    let status = bytes.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    if !matches!(status[0], b'2'..=b'5') || matches!(status, b"204" | b"304") {
        return None;
    }
    for line_end in memchr::memchr_iter(b'\n', bytes) {
        match &bytes[line_end + 1..] {
            [b'\r', b'\n', ..] => return Some((line_end + 3, Part::Body)),
            [b't' | b'T' | b'\r' | b'\n', ..] | [] => return None,
            _ => {}
        }
    }
    None
}

/// The size of the header that begins here, and the part after it; `None` if its end has not
/// arrived.
fn header(bytes: &[u8]) -> Result<Option<(usize, Part)>, Failure> {
    if let Some(plain) = plain_header(bytes) {
        return Ok(Some(plain));
    }
    let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let mut header = Response::new(&mut []);
    let parser = ParserConfig::default();
    let size = match parser.parse_response_with_uninit_headers(&mut header, bytes, &mut fields) {
        Ok(Status::Complete(size)) => size,
        Ok(Status::Partial) => return Ok(None),
        Err(e) => return Err(Failure::not_http(&e)),
    };
    let code = header.code.unwrap_or_default();
    if matches!(code, 100 | 102..=199) {
        return Ok(Some((size, Part::Header)));
    }
    let values = |name: &'static str| {
        let named = header.headers.iter();
        named.filter(move |field| field.name.eq_ignore_ascii_case(name))
    };
    let mut codings = values("transfer-encoding");
    let part = match (codings.next(), codings.next()) {
        (None, _) => Part::Body,
        (Some(coding), None) if coding.value.trim_ascii().eq_ignore_ascii_case(b"chunked") => {
            if values("content-length").next().is_some() {
                return Err(malformed(
                    "its response has both Content-Length and Transfer-Encoding",
                ));
            }
            Part::ChunkSize
        }
        _ => {
            return Err(malformed(
                "its response has a Transfer-Encoding other than chunked",
            ));
        }
    };
    let is_bodiless = matches!(code, 204 | 304);
    Ok(Some((size, if is_bodiless { Part::Nothing } else { part })))
}

/// The length of the line that begins here, and the size in it; `None` if its end has not arrived.
fn chunk_size(bytes: &[u8]) -> Result<Option<(usize, u64)>, Failure> {
    // httparse reads a line without digits as 0.
    match httparse::parse_chunk_size(bytes) {
        Ok(Status::Partial) if bytes.first().is_none_or(u8::is_ascii_hexdigit) => Ok(None),
        Ok(Status::Complete(line)) if bytes[0].is_ascii_hexdigit() => Ok(Some(line)),
        _ => Err(malformed("a chunk of its response has a malformed size")),
    }
}

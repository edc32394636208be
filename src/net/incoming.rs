//! The bytes of a response before ureq sees them: whole headers, framing that the standard allows.
//!
//! ureq's parser reads chunk sizes leniently, takes only short ones, and keeps a connection whose
//! response had two framings. So each is judged here first.

use std::mem::MaybeUninit;

use httparse::{ParserConfig, Response, Status};

use super::failure::Failure;
use crate::error::Code;

/// The most that is read of a response's header, and of a line around a chunk.
pub(super) const MAX_HEADER: usize = 64 * 1024;

/// The most that a response may take in all. ureq bounds its header and the agent its body, but
/// nobody bounds the lines around chunks: in chunks of one byte, the largest body takes 6 MiB.
const MAX_RESPONSE: usize = 8 * 1024 * 1024;

/// What is read at once, at the least.
const READ_SIZE: usize = 4 * 1024;

/// The most memory that an idle connection keeps.
const IDLE_SIZE: usize = 16 * 1024;

/// As many fields as ureq takes.
const MAX_FIELDS: usize = 128;

/// A chunk's size, in as many digits as it may have, and its line break.
const MAX_SIZE_LINE: usize = 16 + 2;

#[derive(Default)]
pub(super) struct Incoming {
    buffer: Vec<u8>,
    /// What ureq has not used yet begins here.
    start: usize,
    /// Up to here the bytes were judged.
    judged: usize,
    end: usize,
    /// How far `buffer` was ever filled in this exchange.
    high: usize,
    /// How much has come in this exchange.
    taken: usize,
    part: Part,
    /// The last look at the input used some of it.
    progress: bool,
    /// What is wrong behind the judged bytes. It shows only when those are used, so that a
    /// response whose header was good has a status.
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
    /// Behind the last chunk.
    End,
}

impl Incoming {
    pub fn has_begun(&self) -> bool {
        self.taken > 0
    }

    /// Whether the response has no body by its status. One that follows all the same must not be
    /// taken for the next response.
    pub fn is_bodiless(&self) -> bool {
        self.part == Part::Nothing
    }

    /// What was judged and not used yet.
    pub fn input(&self) -> &[u8] {
        &self.buffer[self.start..self.judged]
    }

    pub fn consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.start += amount;
    }

    /// Whether another look at the input can use some of it.
    pub fn is_usable(&self) -> bool {
        self.start < self.judged && self.progress
    }

    /// Whether bytes are left over.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Room for what arrives next.
    pub fn space(&mut self) -> &mut [u8] {
        if self.buffer.len() - self.end < READ_SIZE {
            self.buffer.copy_within(self.start..self.end, 0);
            self.judged -= self.start;
            self.end -= self.start;
            self.start = 0;
            // Never smaller: what was filled before is still to be wiped.
            let wanted = (self.end + READ_SIZE)
                .next_power_of_two()
                .max(2 * READ_SIZE);
            self.buffer.resize(wanted.max(self.buffer.len()), 0);
        }
        &mut self.buffer[self.end..]
    }

    /// Fails where the response breaks the standard behind what was used of it.
    pub fn check(&mut self) -> Result<(), Failure> {
        self.broken.take().map_or(Ok(()), Err)
    }

    /// Judges what has arrived in [`space`](Self::space). Fails where that can be used no more.
    pub fn arrived(&mut self, count: usize) -> Result<(), Failure> {
        let is_first = self.taken == 0;
        self.end += count;
        self.high = self.high.max(self.end);
        self.taken += count;
        // A header that arrives byte by byte is parsed a line at a time.
        let is_worth_a_look = is_first
            || self.part != Part::Header
            || self.buffer[self.end - count..self.end].contains(&b'\n');
        self.broken = self.judge_all(is_worth_a_look).err();
        if self.start == self.judged {
            self.check()?;
        }
        Ok(())
    }

    fn judge_all(&mut self, is_worth_a_look: bool) -> Result<(), Failure> {
        while is_worth_a_look && self.judge()? {}
        let waiting = match self.part {
            Part::Header => self.taken,
            _ => self.end - self.judged,
        };
        if waiting > MAX_HEADER {
            return Err(strange(TOO_LONG));
        }
        if self.taken > MAX_RESPONSE {
            return Err(strange("its answer does not come to an end"));
        }
        Ok(())
    }

    /// Leaves nothing of an exchange behind.
    pub fn wipe(&mut self) {
        self.buffer[..self.high].fill(0);
        let mut buffer = std::mem::take(&mut self.buffer);
        if buffer.len() > IDLE_SIZE {
            buffer = Vec::new();
        }
        *self = Self {
            buffer,
            ..Self::default()
        };
    }

    /// Judges the next part, if it has arrived; `false` where more of it has to arrive first.
    fn judge(&mut self) -> Result<bool, Failure> {
        let waiting = &self.buffer[self.judged..self.end];
        let (size, next) = match self.part {
            Part::Header => match header(waiting)? {
                None => return Ok(false),
                // ureq skips an informational response too, but refuses one with header fields.
                Some((size, Part::Header)) => {
                    self.judged += size;
                    self.start = self.judged;
                    return Ok(true);
                }
                Some((size, _)) if size > MAX_HEADER => return Err(strange(TOO_LONG)),
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
                _ => return Err(strange("a chunk of its answer is longer than announced")),
            },
            Part::Trailer => match waiting.windows(2).position(|pair| pair == b"\r\n") {
                None => return Ok(false),
                Some(0) => (2, Part::End),
                Some(line) => (line + 2, Part::Trailer),
            },
            Part::Body | Part::Nothing | Part::End => (waiting.len(), self.part),
        };
        self.judged += size;
        self.part = next;
        Ok(size > 0)
    }

    /// Takes a chunk's extensions out of its line, which ureq takes only if they are short; what
    /// the line has then.
    fn canonical(&mut self, line: usize, size: u64) -> usize {
        if line <= MAX_SIZE_LINE {
            return line;
        }
        let short = format!("{size:x}\r\n");
        let (from, to) = (self.judged + line, self.judged + short.len());
        self.buffer[self.judged..to].copy_from_slice(short.as_bytes());
        self.buffer.copy_within(from..self.end, to);
        self.end -= from - to;
        short.len()
    }
}

const TOO_LONG: &str = "its header, or a line around a chunk, is larger than 64 KiB";

fn strange(detail: &'static str) -> Failure {
    Failure::new(Code::InvalidResponse, detail)
}

/// The size of a header that needs no parse here, and the part behind it: it has no field that
/// begins with a T, and a status with a body. That is nearly every header.
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

/// The size of the header that begins here, and the part behind it; `None` where its end has not
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
                return Err(strange(
                    "its answer has two lengths that exclude each other",
                ));
            }
            Part::ChunkSize
        }
        _ => {
            return Err(strange(
                "its answer has a transfer coding other than chunked alone",
            ));
        }
    };
    let is_bodiless = matches!(code, 204 | 304);
    Ok(Some((size, if is_bodiless { Part::Nothing } else { part })))
}

/// The length of the line that begins here, and the size in it; `None` where its end has not
/// arrived.
fn chunk_size(bytes: &[u8]) -> Result<Option<(usize, u64)>, Failure> {
    // httparse reads a line without digits as 0.
    match httparse::parse_chunk_size(bytes) {
        Ok(Status::Partial) if bytes.first().is_none_or(u8::is_ascii_hexdigit) => Ok(None),
        Ok(Status::Complete(line)) if bytes[0].is_ascii_hexdigit() => Ok(Some(line)),
        _ => Err(strange("a chunk of its answer has no well-formed size")),
    }
}

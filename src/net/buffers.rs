//! ureq's buffers: small at first, wiped when an exchange is over.

use ureq::unversioned::transport::Buffers;

use super::call;

/// ureq's buffers. They start small, because most exchanges are, and grow where one is not.
#[derive(Default)]
pub(super) struct Held {
    output: Vec<u8>,
    /// How much of `output` waits to be sent.
    held: usize,
    input: Vec<u8>,
    start: usize,
    end: usize,
    /// How far `input` was ever filled in this exchange.
    high: usize,
    /// The last look at the input used some of it.
    progress: bool,
}

/// What is read at once, at the least.
const READ_SIZE: usize = 4 * 1024;

/// What a resting connection may hold on to.
const REST_SIZE: usize = 16 * 1024;

impl Held {
    /// Takes note of what was written into [`output`](Buffers::output) and is to be sent later.
    pub fn hold(&mut self, amount: usize) {
        self.held += amount;
    }

    pub fn unsent(&self) -> &[u8] {
        &self.output[..self.held]
    }

    pub fn wipe_unsent(&mut self) {
        self.output[..self.held].fill(0);
        self.held = 0;
    }

    /// Leaves nothing of an exchange behind in a kept connection.
    pub fn rest(&mut self) {
        self.input[..self.high].fill(0);
        self.high = 0;
        (self.start, self.end) = (0, 0);
        for buffer in [&mut self.input, &mut self.output] {
            if buffer.len() > REST_SIZE {
                *buffer = Vec::new();
            }
        }
    }
}

impl Buffers for Held {
    fn output(&mut self) -> &mut [u8] {
        let wanted = self.held + call::with(|call| call.request_size);
        if self.output.len() < wanted {
            self.output.resize(wanted, 0);
        }
        &mut self.output[self.held..]
    }

    fn input(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.input.len() - self.end < READ_SIZE {
            self.input.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            let wanted = (self.end * 2).max(2 * READ_SIZE);
            // Never smaller: what was filled before has yet to be wiped.
            self.input.resize(wanted.max(self.input.len()), 0);
        }
        &mut self.input[self.end..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.end += amount;
        self.high = self.high.max(self.end);
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.start += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        // The first is for chunked bodies, which this library never sends.
        self.output();
        (&mut [], &mut self.output[self.held..])
    }

    fn can_use_input(&self) -> bool {
        self.start < self.end && self.progress
    }
}

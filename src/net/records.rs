//! Tracks the boundaries of TLS records in arriving bytes: rustls does not tell whether it waits
//! for the rest of a record, and a connection with a partial record must not be used again.

/// A record's type, version and length.
const HEADER: usize = 5;

/// The progress of the record that is arriving.
#[derive(Default)]
pub(super) struct Records {
    header: [u8; HEADER],
    header_seen: usize,
    /// Bytes of the record's content that have not arrived.
    missing: usize,
}

impl Records {
    pub fn is_between_two(&self) -> bool {
        self.header_seen == 0 && self.missing == 0
    }

    /// Counts bytes that arrived.
    pub fn count(&mut self, mut arrived: &[u8]) {
        while !arrived.is_empty() {
            if self.missing > 0 {
                let content = self.missing.min(arrived.len());
                self.missing -= content;
                arrived = &arrived[content..];
                continue;
            }
            self.header[self.header_seen] = arrived[0];
            self.header_seen += 1;
            arrived = &arrived[1..];
            if self.header_seen == HEADER {
                self.header_seen = 0;
                self.missing = u16::from_be_bytes([self.header[3], self.header[4]]).into();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_record_is_distinguished_from_none() {
        let two = [&[23, 3, 3, 0, 2, 7, 7][..], &[23, 3, 3, 1, 0], &[0; 256]].concat();
        let ends = [0, 7, two.len()];
        for cut in 0..=two.len() {
            let mut records = Records::default();
            records.count(&two[..cut]);
            assert_eq!(records.is_between_two(), ends.contains(&cut), "{cut}");
            records.count(&two[cut..]);
            assert!(records.is_between_two(), "{cut}");
        }
    }
}

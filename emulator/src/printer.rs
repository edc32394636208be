//! Prints lines on a separate thread.
//!
//! The reader of the output may stop reading. A full pipe then blocks this thread and not the service, and further
//! lines are dropped.

use std::io::Write;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

const LINES_KEPT: usize = 1024;
/// The time that a stopping program waits for its last lines to be printed.
const GRACE: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub struct Printer {
    lines: SyncSender<String>,
}

/// Waits for the last lines after all printers were dropped.
pub struct Written {
    done: Receiver<()>,
}

impl Printer {
    pub fn new(mut to: impl Write + Send + 'static) -> (Printer, Written) {
        let (lines, waiting) = mpsc::sync_channel::<String>(LINES_KEPT);
        let (finished, done) = mpsc::channel::<()>();
        thread::spawn(move || {
            for line in waiting {
                // The program continues without a reader, because the control path still has the codes.
                let _ = writeln!(to, "{line}").and_then(|()| to.flush());
            }
            drop(finished);
        });
        (Printer { lines }, Written { done })
    }

    pub fn line(&self, line: String) {
        let _ = self.lines.try_send(line);
    }
}

impl Written {
    pub fn wait(self) {
        // No message is ever sent: this returns when the thread has ended, or after the grace period.
        let _ = self.done.recv_timeout(GRACE);
    }
}

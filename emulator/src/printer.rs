//! Lines for the terminal, written by a thread of their own.
//!
//! Whoever started the program may stop reading its output. A full pipe then blocks this thread and not the service;
//! lines that nobody has room for are dropped.

use std::io::Write;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

const LINES_KEPT: usize = 1024;
/// How long the end waits for the lines that are still to be written.
const GRACE: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub struct Printer {
    lines: SyncSender<String>,
}

/// Held to the end; waiting on it lets the last lines out once all printers are gone.
pub struct Written {
    done: Receiver<()>,
}

impl Printer {
    pub fn new(mut to: impl Write + Send + 'static) -> (Printer, Written) {
        let (lines, waiting) = mpsc::sync_channel::<String>(LINES_KEPT);
        let (finished, done) = mpsc::channel::<()>();
        thread::spawn(move || {
            for line in waiting {
                // A reader that has gone is no reason to end: the control path still has the codes.
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
        // Nothing is ever sent: this returns when the thread is through, or is stuck.
        let _ = self.done.recv_timeout(GRACE);
    }
}

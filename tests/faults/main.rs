//! Faults of servers, proxies and networks, case by case: a row describes the fault, and
//! what must come of it by the contract. Each is run with several calls, over HTTP and HTTPS.
//!
//! For every row: the outcome, the deadline to within 250 ms, bounded memory, a client that is as
//! usable afterwards, the app key at the configured host alone, and no request that came twice.

mod body;
mod connecting;
mod framing;
mod header;
mod proxies;
mod row;
mod runner;
mod statuses;
mod tls;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, thread};

// Links its getaddrinfo.
use autoshares_test_names as _;
use row::Row;
use runner::{Complaint, Run};

/// Most rows wait for something most of the time.
const THREADS: usize = 12;

/// How often the test repeats a run that was late.
const TRIES: usize = 3;

/// More late runs in a theme than this are not a busy machine's doing, and are not tried again.
const MOST_LATE: usize = 40;

fn main() -> ExitCode {
    let themes: [(&str, Vec<Row>); 7] = [
        ("connecting", connecting::rows()),
        ("proxies", proxies::rows()),
        ("TLS", tls::rows()),
        ("framing", framing::rows()),
        ("header", header::rows()),
        ("body", body::rows()),
        ("statuses", statuses::rows()),
    ];
    // As in other Rust tests, an argument chooses those whose name holds it.
    let filter = env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let chosen = |row: &&Row| filter.as_ref().is_none_or(|part| row.name.contains(part));
    runner::watch_memory();
    let (mut passed, mut failed) = (0, 0);
    for (theme, rows) in &themes {
        let rows: Vec<&Row> = rows.iter().filter(chosen).collect();
        let runs: Vec<Run> = rows.iter().flat_map(|row| runner::runs(row)).collect();
        let (complaints, repeated) = run_all(&runs);
        let is_bad = |row: &&&Row| complaints.iter().any(|(name, _)| *name == row.name);
        let bad = rows.iter().filter(is_bad).count();
        for (_, complaint) in &complaints {
            println!("not ok {theme}: {complaint}");
        }
        let (good, calls) = (rows.len() - bad, runs.len());
        println!(
            "{theme}: {good} rows as promised, {bad} not ({calls} calls, {repeated} repeated)"
        );
        passed += good;
        failed += bad;
    }
    if let Some(growth) = runner::memory_growth() {
        println!("memory, servers included, grew by {growth} KiB at the most");
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && (passed > 0 || filter.is_some()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The failures, each with its row's name, and the number of repeated runs. A run that was late
/// is repeated with nothing beside it: it is the library's deadline that counts, not the machine's.
fn run_all<'a>(runs: &[Run<'a>]) -> (Vec<(&'a str, String)>, usize) {
    let next = AtomicUsize::new(0);
    let bad = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let complaints = run.complaints();
                    if !complaints.is_empty() {
                        bad.lock().unwrap().push((run, complaints));
                    }
                }
            });
        }
    });
    let bad = bad.into_inner().unwrap();
    let is_late = |complaints: &[Complaint]| complaints.iter().any(Complaint::is_late);
    let late = bad.iter().filter(|(_, complaints)| is_late(complaints));
    let repeated = Some(late.count())
        .filter(|count| *count <= MOST_LATE)
        .unwrap_or(0);
    let tries = if repeated > 0 { TRIES } else { 0 };
    let mut wrong = Vec::new();
    for (run, mut complaints) in bad {
        for _ in 0..tries {
            if is_late(&complaints) {
                complaints.retain(|complaint| !complaint.is_late());
                complaints.extend(run.complaints());
            }
        }
        wrong.extend(complaints.into_iter().map(|complaint| {
            let (Complaint::Wrong(text) | Complaint::Late(text)) = complaint;
            (run.row.name.as_str(), format!("{run}: {text}"))
        }));
    }
    (wrong, repeated)
}

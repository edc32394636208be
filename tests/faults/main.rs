//! Faults of servers, proxies and networks, case by case: a row describes the fault, and
//! the outcome that the contract requires. Each runs with several calls, over HTTP and HTTPS.
//!
//! For every row: the outcome, the deadline to within 250 ms, bounded memory, a client that is as
//! usable afterwards, the app key at the configured host alone, and no request that arrived twice.

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
use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};

// Links its getaddrinfo.
use autoshares_test_names as _;
use libtest_mimic::{Arguments, Failed, Trial};
use row::Row;
use runner::{Failure, Run};

/// Most rows wait for something most of the time.
const THREADS: usize = 12;

/// The test repeats a run this often if it was late.
const TRIES: usize = 3;

/// More late runs than this are not due to a busy machine, and are not repeated.
const MOST_LATE: usize = 100;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let themes = [
        ("connecting", connecting::rows()),
        ("proxies", proxies::rows()),
        ("TLS", tls::rows()),
        ("framing", framing::rows()),
        ("header", header::rows()),
        ("body", body::rows()),
        ("statuses", statuses::rows()),
    ];
    runner::watch_memory();
    let counts = themes.each_ref().map(|(theme, rows)| (*theme, rows.len()));
    let documented = Trial::test("docs/testing.md counts the rows", move || {
        documented(&counts)
    });
    let trials = themes.into_iter().flat_map(|(theme, rows)| {
        rows.into_iter().map(move |row| {
            let trial = Trial::test(row.name.clone(), move || try_row(&row));
            trial.with_kind(theme)
        })
    });
    let trials = trials.chain([documented]).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(growth) = runner::memory_growth().filter(|_| !arguments.list) {
        println!("memory, servers included, grew by {growth} KiB at the most");
    }
    conclusion.exit_code()
}

fn documented(counts: &[(&str, usize)]) -> Result<(), Failed> {
    let document = include_str!("../../docs/testing.md");
    for (theme, rows) in counts {
        // Windows and systems without IPv6 leave out some of these rows.
        let is_whole = cfg!(target_os = "linux") && connecting::has_ipv6();
        if (is_whole || *theme != "connecting")
            && !document.contains(&format!("| {theme} | {rows} |"))
        {
            return Err(
                format!("docs/testing.md does not say that {theme} has {rows} rows").into(),
            );
        }
    }
    Ok(())
}

fn try_row(row: &Row) -> Result<(), Failed> {
    let failures: Vec<String> = runner::runs(row).flat_map(|run| failures(&run)).collect();
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\n").into())
    }
}

/// The failures of a run. A run that was late is repeated with no other beside it: the library's
/// deadline counts, not the machine's.
fn failures(run: &Run) -> Vec<String> {
    static RUNNING: RwLock<()> = RwLock::new(());
    static LATE: AtomicUsize = AtomicUsize::new(0);

    let is_late = |failures: &[Failure]| failures.iter().any(Failure::is_late);
    let mut failures = {
        let _shared = RUNNING.read();
        run.failures()
    };
    for _ in 0..TRIES {
        if is_late(&failures) && LATE.fetch_add(1, Ordering::Relaxed) < MOST_LATE {
            let _alone = RUNNING.write();
            failures.retain(|failure| !failure.is_late());
            failures.extend(run.failures());
        }
    }
    let failures = failures.into_iter().map(|failure| {
        let (Failure::Wrong(text) | Failure::Late(text)) = failure;
        format!("{run}: {text}")
    });
    failures.collect()
}

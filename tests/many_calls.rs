//! A hundred thousand calls need no more of the process than the first thousand. The test is a
//! separate program, because other tests would use descriptors, threads and memory.
#![cfg(target_os = "linux")]

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;
use std::{fs, thread};

use autoshares_reset::{Client, Config};

const THREADS: usize = 64;
const FIRST: usize = 1_000;
const ALL: usize = 100_000;

/// Responds with the username as the question, so that a mixed-up response is found.
fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut request = [0; 2048];
    // At first no caller may find the idle connection of another.
    let mut pause = Duration::from_millis(300);
    loop {
        let mut size = 0;
        while !request[..size].ends_with(b"\r\n\r\n") {
            match stream.read(&mut request[size..])? {
                0 => return Ok(()),
                count => size += count,
            }
        }
        thread::sleep(pause);
        pause = Duration::ZERO;
        let line = std::str::from_utf8(&request[..size]).expect("a request is ASCII");
        let user = line.split(['=', ' ']).nth(2).expect("a username");
        let body = format!(r#"{{"IsSucceed":true,"Model":"{user}"}}"#);
        let length = body.len();
        let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(response.as_bytes())?;
    }
}

/// Its base URL, and the number of its connections.
fn server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    thread::spawn(move || {
        for stream in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
            thread::spawn(|| echo(stream.unwrap()));
        }
    });
    (url, connections)
}

#[derive(Debug)]
struct Holdings {
    descriptors: usize,
    threads: usize,
    memory_kib: usize,
}

fn holdings() -> Holdings {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let field = |name| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    Holdings {
        descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
        threads: field("Threads:"),
        memory_kib: field("VmRSS:"),
    }
}

#[test]
fn a_hundred_thousand_calls_of_64_threads_take_no_more_than_the_first_thousand() {
    let (url, connections) = server();
    let client = Client::new(&Config::new(url.as_str(), "key")).unwrap();
    let (calls, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let barrier = Barrier::new(THREADS + 1);
    let call_until = |end| {
        loop {
            let number = calls.fetch_add(1, Ordering::Relaxed);
            if number >= end {
                break;
            }
            let user = format!("user-{number}");
            // A panic here would block the others.
            if client.secret_question(&user) != Ok(Some(user)) {
                wrong.fetch_add(1, Ordering::Relaxed);
            }
        }
        // The callers wait during the measurement.
        barrier.wait();
        barrier.wait();
    };
    let measure = || {
        barrier.wait();
        let now = holdings();
        calls.store(FIRST, Ordering::Relaxed);
        barrier.wait();
        now
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                barrier.wait();
                [FIRST, ALL].map(call_until)
            });
        }
        barrier.wait();
        let (before, after) = (measure(), measure());
        println!("after {FIRST} calls {before:?}, after {ALL} {after:?}");
        assert_eq!(wrong.load(Ordering::Relaxed), 0);
        assert_eq!(connections.load(Ordering::SeqCst), THREADS);
        assert_eq!(after.descriptors, before.descriptors);
        assert_eq!(after.threads, before.threads);
        // A leak of 42 bytes a call would show.
        assert!(after.memory_kib <= before.memory_kib + 4 * 1024);
    });
}

//! A relay that makes a server on this machine as far away as one across an ocean: what is sent
//! arrives half a round trip later, and a connection that is made takes a whole one.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Passes on, from now to the end of the process, all that comes on connections to `listener`.
pub fn start(listener: TcpListener, to: SocketAddr, round_trip: Duration) {
    thread::spawn(move || {
        for near in listener.incoming().filter_map(Result::ok) {
            // The system has made the connection at once. What the client then sends is passed on
            // as if it had learnt of that a round trip later.
            let made = Instant::now() + round_trip;
            let _ = pass_on_both_ways(near, to, made, round_trip / 2);
        }
    });
}

fn pass_on_both_ways(
    near: TcpStream,
    to: SocketAddr,
    made: Instant,
    way: Duration,
) -> io::Result<()> {
    let far = TcpStream::connect(to)?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    pass_on(near.try_clone()?, far.try_clone()?, made, way);
    pass_on(far, near, made, way);
    Ok(())
}

fn pass_on(mut from: TcpStream, to: TcpStream, made: Instant, way: Duration) {
    let (sent, arriving) = mpsc::channel();
    thread::spawn(move || deliver(&arriving, to));
    thread::spawn(move || {
        let mut bytes = vec![0; 64 * 1024];
        // An end is passed on by what comes last: nothing.
        while let Ok(count) = from.read(&mut bytes) {
            let arrives = Instant::now().max(made) + way;
            if sent.send((arrives, bytes[..count].to_vec())).is_err() || count == 0 {
                break;
            }
        }
    });
}

fn deliver(arriving: &Receiver<(Instant, Vec<u8>)>, mut to: TcpStream) {
    for (arrives, bytes) in arriving {
        thread::sleep(arrives.saturating_duration_since(Instant::now()));
        if bytes.is_empty() || to.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

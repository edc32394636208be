//! A relay that gives a server on this machine the delay of a distant one: data
//! arrives half a round trip later, and a connect takes a whole one.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// The piece size that does not split the data.
pub const WHOLE: usize = usize::MAX;

/// The pause between two pieces.
const PAUSE: Duration = Duration::from_millis(1);

/// Passes on, until the process ends, all data on connections to `listener`, in
/// pieces of at most `piece` bytes.
pub fn start(listener: TcpListener, to: SocketAddr, round_trip: Duration, piece: usize) {
    thread::spawn(move || {
        for near in listener.incoming().filter_map(Result::ok) {
            // The system has made the connection at once. The client's data is passed on
            // as if the connect had taken a round trip.
            let made = Instant::now() + round_trip;
            let _ = pass_on_both_ways(near, to, made, round_trip / 2, piece);
        }
    });
}

fn pass_on_both_ways(
    near: TcpStream,
    to: SocketAddr,
    made: Instant,
    way: Duration,
    piece: usize,
) -> io::Result<()> {
    let far = TcpStream::connect(to)?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    pass_on(near.try_clone()?, far.try_clone()?, made, way, piece);
    pass_on(far, near, made, way, piece);
    Ok(())
}

fn pass_on(mut from: TcpStream, to: TcpStream, made: Instant, way: Duration, piece: usize) {
    let (sent, arriving) = mpsc::channel();
    thread::spawn(move || deliver(&arriving, to, piece));
    thread::spawn(move || {
        let mut bytes = vec![0; 64 * 1024];
        // An empty piece passes on the end.
        while let Ok(count) = from.read(&mut bytes) {
            let arrives = Instant::now().max(made) + way;
            if sent.send((arrives, bytes[..count].to_vec())).is_err() || count == 0 {
                break;
            }
        }
    });
}

fn deliver(arriving: &Receiver<(Instant, Vec<u8>)>, mut to: TcpStream, piece: usize) {
    for (arrives, bytes) in arriving {
        thread::sleep(arrives.saturating_duration_since(Instant::now()));
        let mut pieces = bytes.chunks(piece);
        let is_passed_on = pieces.all(|piece| {
            let is_whole = piece.len() == bytes.len();
            thread::sleep(if is_whole { Duration::ZERO } else { PAUSE });
            to.write_all(piece).is_ok()
        });
        if bytes.is_empty() || !is_passed_on {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

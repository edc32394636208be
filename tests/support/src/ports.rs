//! Ports without a server, and one at which no data may ever arrive.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;

use socket2::{Domain, Socket, Type};

use super::server::{Kind, Server};

/// Another host, at which no data may ever arrive.
pub struct Decoy {
    pub address: SocketAddr,
    visits: Arc<AtomicUsize>,
}

pub static DECOY: LazyLock<Decoy> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.2:0").expect("a free port");
    let visits = Arc::new(AtomicUsize::new(0));
    let address = listener.local_addr().unwrap();
    let counter = Arc::clone(&visits);
    thread::spawn(move || {
        for _ in listener.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    Decoy { address, visits }
});

impl Decoy {
    pub fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

/// A port at which no server responds yet.
pub struct Closed {
    socket: Socket,
    address: SocketAddr,
    /// Connections that fill the queue of the listener.
    crowd: Vec<Socket>,
}

impl Closed {
    /// A port that refuses connections.
    pub fn refusing(ip: IpAddr) -> Self {
        let address = SocketAddr::new(ip, 0);
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        socket.bind(&address.into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        Self {
            socket,
            address,
            crowd: Vec::new(),
        }
    }

    /// A port that does not react at all: its queue is full.
    pub fn full(ip: IpAddr) -> Self {
        let mut closed = Self::refusing(ip);
        // On macOS 0 is the longest queue.
        let shortest = i32::from(cfg!(target_vendor = "apple"));
        closed.socket.listen(shortest).unwrap();
        for _ in 0..4 {
            let socket = Socket::new(Domain::for_address(closed.address), Type::STREAM, None);
            let socket = socket.unwrap();
            socket.set_nonblocking(true).unwrap();
            let _ = socket.connect(&closed.address.into());
            closed.crowd.push(socket);
        }
        closed
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts a server at the port.
    pub fn open(self, kind: Kind) -> Server {
        drop(self.crowd);
        self.socket.listen(128).unwrap();
        Server::on(self.socket.into(), kind, Vec::new())
    }
}

//! Facts about sockets and threads, so that a test need not guess how long a busy machine takes.
//! Linux shows them; on other systems a test waits for a moment instead.

use std::net::{IpAddr, SocketAddr, TcpStream};
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, io, slice, thread};

/// The longest wait for a fact, so that no test can hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// The wait on systems that do not show the facts.
const A_MOMENT: Duration = Duration::from_millis(100);

/// The system calls in which a thread waits on a socket.
#[cfg(target_os = "linux")]
const SOCKET_CALLS: &[libc::c_long] = &[
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_ppoll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
];
#[cfg(not(target_os = "linux"))]
const SOCKET_CALLS: &[i64] = &[];

/// A thread of this process.
pub struct Thread(PathBuf);

impl Thread {
    pub fn current() -> Self {
        let name = fs::read_link("/proc/thread-self").unwrap_or_default();
        Self(PathBuf::from("/proc").join(name).join("syscall"))
    }

    /// Waits until the thread waits on a socket.
    pub fn await_a_socket(&self) {
        until("a thread that waits on a socket", || self.is_on_a_socket());
    }

    fn is_on_a_socket(&self) -> bool {
        // The file begins with the system call's number if the thread sleeps in one.
        let call = fs::read_to_string(&self.0).expect("a thread's system call");
        let number = call.split(' ').next().and_then(|word| word.parse().ok());
        number.is_some_and(|number| SOCKET_CALLS.contains(&number))
    }
}

/// Waits until everything that was sent on these connections has arrived, and this thread has read
/// it and waits for more.
pub fn await_reader(sent: &[Arc<TcpStream>], reader: &Thread) {
    until("a thread that has read everything", || {
        // In this order: the arrival of data wakes the reader, which then is in no system call or
        // has read the data.
        have_arrived(sent) && reader.is_on_a_socket()
    });
}

/// Waits until everything that was sent on these connections has arrived, read or not.
pub fn await_arrival(sent: &[Arc<TcpStream>]) {
    until("the arrival of everything", || have_arrived(sent));
}

/// Waits until the other end of this connection has read everything that was sent.
pub fn await_read(sent: &Arc<TcpStream>) -> io::Result<()> {
    let server = sent.local_addr()?;
    let client = hex(sent.peer_addr()?);
    until("a client that has read everything", || {
        let is_read = |end: End| end.local != client || !end.has_unread;
        have_arrived(slice::from_ref(sent)) && ends(server).all(is_read)
    });
    Ok(())
}

/// Waits until the server's close or reset has arrived at each client of the server at `address`.
pub fn await_close(address: SocketAddr) {
    let server = hex(address);
    until("a close", || {
        ends(address).all(|end| end.local == server || !end.is_open)
    });
}

/// True if everything that was sent on these connections was acknowledged.
fn have_arrived(sent: &[Arc<TcpStream>]) -> bool {
    sent.iter().all(|tcp| unacknowledged(tcp) == 0)
}

#[cfg(target_os = "linux")]
fn unacknowledged(tcp: &TcpStream) -> i32 {
    let mut count = 0;
    // SAFETY: the descriptor is open, and this request writes one int.
    let result = unsafe { libc::ioctl(tcp.as_raw_fd(), libc::TIOCOUTQ, &raw mut count) };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
    count
}
#[cfg(not(target_os = "linux"))]
fn unacknowledged(_: &TcpStream) -> i32 {
    0
}

fn until(what: &str, fact: impl Fn() -> bool) {
    if !cfg!(target_os = "linux") {
        return thread::sleep(A_MOMENT);
    }
    let began = Instant::now();
    while !fact() {
        assert!(began.elapsed() < PATIENCE, "no sign of {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// One end of a connection.
struct End {
    local: String,
    is_open: bool,
    has_unread: bool,
}

/// The ends of the connections of the server at `address`.
fn ends(address: SocketAddr) -> impl Iterator<Item = End> {
    let name = if address.is_ipv4() { "tcp" } else { "tcp6" };
    let table = fs::read_to_string(format!("/proc/thread-self/net/{name}")).expect("a table");
    let address = hex(address);
    // A busy system has thousands of other lines.
    let lines = table.lines().filter(|line| line.contains(&address));
    let ends = lines.map(|line| {
        // "sl local remote state unacknowledged:unread", in hexadecimal.
        let fields: Vec<&str> = line.split_whitespace().collect();
        End {
            local: fields[1].into(),
            // ESTABLISHED
            is_open: fields[3] == "01",
            has_unread: !fields[4].ends_with(":00000000"),
        }
    });
    ends.collect::<Vec<_>>().into_iter()
}

/// An address as the tables spell it: words of four bytes in the machine's order.
fn hex(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words = ip.chunks_exact(4).map(|word| {
        let word = word.try_into().expect("four bytes");
        format!("{:08X}", u32::from_ne_bytes(word))
    });
    format!("{}:{:04X}", words.collect::<String>(), address.port())
}

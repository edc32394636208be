//! A network for one test: two namespaces joined by a virtual cable, which vanish with the threads
//! in them. It needs root; without root its tests are skipped with a message.

use std::io::Write;
use std::net::{IpAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Receiver, Sender};
use std::{env, fs, io, thread};

use libc::{CLONE_NEWNET, CLONE_NEWNS, MS_BIND, MS_PRIVATE, MS_REC};

/// The prefix of the far side's addresses. The near side's share as many bits with each of them,
/// so that the resolver leaves them in the order of the hosts file.
const NEAR: [&str; 2] = ["10.9.0.1/24", "fd00:9::1/64"];

/// The behaviour of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// Packets to it are lost.
    Dead4(u8),
    Dead6(u8),
    /// An address without a listener.
    Refusing4,
    /// An address with a server.
    Good4,
    Good6,
}

impl Address {
    pub fn ip(self) -> IpAddr {
        let text = match self {
            Self::Dead4(number) => format!("10.9.0.{}", 130 + number),
            Self::Dead6(number) => format!("fd00:9::8000:0:0:{:x}", 0x30 + number),
            Self::Refusing4 => "10.9.0.250".into(),
            Self::Good4 => "10.9.0.251".into(),
            Self::Good6 => "fd00:9::8000:0:0:fb".into(),
        };
        text.parse().expect("an address")
    }
}

/// The far end of the cable, where servers are.
pub struct Far {
    orders: Sender<IpAddr>,
    listeners: Receiver<TcpListener>,
}

impl Far {
    /// A listener at this address.
    pub fn listen(&self, address: Address) -> TcpListener {
        self.orders.send(address.ip()).unwrap();
        self.listeners.recv().expect("the far end listens")
    }
}

/// Runs a test at the near end of a new network, whose hosts file has these lines. Without root,
/// the whole test runs once more as root, if possible.
pub fn within(hosts: &str, test: impl FnOnce(&Far) + Send) {
    // SAFETY: it only reads the user's id.
    if unsafe { libc::geteuid() } != 0 {
        return RUN_AS_ROOT.with(|_| ());
    }
    let has_all = Path::new("/proc/net/if_inet6").exists() && ip("-V").is_ok();
    if !has_all {
        return skip();
    }
    thread::scope(|scope| {
        // The namespaces belong to the threads, and to threads that they start.
        let near = scope.spawn(|| {
            unshare(CLONE_NEWNET | CLONE_NEWNS);
            let far = build().unwrap_or_else(|e| panic!("no network: {e}"));
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(hosts.as_bytes()).unwrap();
            put_over("/etc/hosts", file.path());
            test(&far);
        });
        if let Err(panic) = near.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

thread_local! {
    /// Runs once in each thread, and so once in each test.
    static RUN_AS_ROOT: () = run_as_root();
}

/// Runs this thread's test as root, in a separate program.
fn run_as_root() {
    let this_program = env::current_exe().expect("a program");
    let thread = thread::current();
    let test = thread.name().expect("a test's thread has its name");
    for root in ["unshare --map-root-user", "sudo --non-interactive"] {
        let become_root = || {
            let mut words = root.split(' ');
            let mut command = Command::new(words.next().expect("a word"));
            command.args(words);
            command
        };
        if become_root()
            .arg("true")
            .output()
            .is_ok_and(|output| output.status.success())
        {
            let run = become_root()
                .arg(this_program)
                .args(["--exact", test])
                .output();
            let run = run.expect("the program of this test");
            let said = String::from_utf8_lossy(&run.stdout);
            print!("{said}");
            assert!(run.status.success() && said.contains("1 passed"));
            return;
        }
    }
    skip();
}

fn skip() {
    let what = "tests in network namespaces: they need root, IPv6, and the program ip";
    assert!(env::var("CI").as_deref() != Ok("true"), "{what}");
    println!("!!! SKIPPED: {what}");
}

/// The connections in this thread's namespace that are being made.
pub fn half_made() -> usize {
    let tables = ["tcp", "tcp6"].map(|table| format!("/proc/thread-self/net/{table}"));
    let tables = tables.map(|table| fs::read_to_string(table).expect("a table"));
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    // The fourth field is the state, SYN_SENT is 2.
    let states = lines.filter_map(|line| line.split_whitespace().nth(3));
    states.filter(|state| *state == "02").count()
}

fn build() -> io::Result<Far> {
    let (orders, ordered) = mpsc::channel();
    let (listening, listeners) = mpsc::channel();
    let (thread, far_thread) = mpsc::channel();
    let (joined, is_joined) = mpsc::channel::<()>();
    thread::spawn(move || {
        unshare(CLONE_NEWNET);
        // SAFETY: it only reads this thread's id.
        thread.send(unsafe { libc::gettid() }).unwrap();
        is_joined.recv().unwrap();
        far_end().expect("a far end");
        for address in ordered {
            listening
                .send(TcpListener::bind((address, 0)).expect("a free port"))
                .unwrap();
        }
    });
    let far_thread = far_thread.recv().expect("a thread");
    ip("link set lo up")?;
    ip(&format!(
        "link add name near type veth peer name far netns {far_thread}"
    ))?;
    ip("link set near up")?;
    joined.send(()).expect("a thread");
    let far = Far { orders, listeners };
    // A listener shows that the far end is up.
    drop(far.listen(Address::Good6));
    for address in NEAR {
        let without = if address.contains(':') { "nodad" } else { "" };
        ip(&format!("address add {address} dev near {without}"))?;
    }
    for number in 0..8 {
        for dead in [Address::Dead4(number), Address::Dead6(number)] {
            // No interface has this address: packets for it are dropped.
            let to = "lladdr 02:00:00:00:00:99 nud permanent dev near";
            ip(&format!("neighbor add {} {to}", dead.ip()))?;
        }
    }
    Ok(far)
}

fn far_end() -> io::Result<()> {
    ip("link set lo up")?;
    ip("link set far up")?;
    for address in [Address::Refusing4, Address::Good4] {
        ip(&format!("address add {}/24 dev far", address.ip()))?;
    }
    ip(&format!(
        "address add {}/64 dev far nodad",
        Address::Good6.ip()
    ))
}

fn ip(arguments: &str) -> io::Result<()> {
    let output = Command::new("ip")
        .args(arguments.split_whitespace())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("ip {arguments}: {said}")))
}

fn unshare(what: i32) {
    // SAFETY: it changes this thread alone.
    let result = unsafe { libc::unshare(what) };
    assert_eq!(result, 0, "unshare: {}", io::Error::last_os_error());
}

/// Puts a file over another one, in this thread's view of the file system.
fn put_over(path: &str, file: &Path) {
    let mount = |from: &str, to: &str, flags| {
        let [from, to] = [from, to].map(|text| format!("{text}\0"));
        let nothing = std::ptr::null();
        // SAFETY: both end with a NUL, and no data goes along.
        let result = unsafe {
            libc::mount(
                from.as_ptr().cast(),
                to.as_ptr().cast(),
                nothing,
                flags,
                nothing.cast(),
            )
        };
        assert_eq!(result, 0, "mount: {}", io::Error::last_os_error());
    };
    // Changes to this view are not visible in the others.
    mount("none", "/", MS_REC | MS_PRIVATE);
    mount(file.to_str().expect("a path"), path, MS_BIND);
}

//! A server that plays a script on its first connections and responds correctly on all later ones.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

use autoshares_reset::{Client, Error};
use rustls::{HandshakeKind, ServerConnection, Stream};
use socket2::SockRef;

use super::certificates::{self, Config};
use super::ports::DECOY;
use super::sockets::{self, Thread};
use super::tagged;

pub use super::script::*;

pub const QUESTION: &str = "What street did you live on in third grade?";

/// A client of this server.
pub fn client(server: &Server) -> Client {
    certificates::trusting(server.config("key"))
}

/// Fetches the question, which is [`QUESTION`] in every good response.
pub fn ask(client: &Client) -> Result<(), Error> {
    let question = client.secret_question("robert.zak")?;
    assert_eq!(question.as_deref(), Some(QUESTION));
    Ok(())
}

/// The longest wait of a server, so that no test can hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pause between two bytes of a slow sender.
const DRIP: Duration = Duration::from_millis(200);

pub fn http_response(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

pub fn good_response() -> Vec<u8> {
    let body = format!(r#"{{"Model":"{QUESTION}","Errors":[],"IsSucceed":true}}"#);
    http_response("200 OK", &body)
}

const CONNECTED: &[u8] = b"HTTP/1.1 200 Connected\r\n\r\n";

pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    kind: Kind,
    scripts: Vec<Script>,
    /// After its script, the server responds with the request's tag, and not with a constant response.
    tags: bool,
    stopping: AtomicBool,
    /// The number of scripts that have reached their last step.
    at_the_end: AtomicUsize,
    /// The number of connections that resumed the TLS session of an earlier one.
    resumed: AtomicUsize,
    /// The sockets that connections still use, to wake these.
    sockets: Mutex<Vec<Weak<TcpStream>>>,
    /// The app key that arrived, for each connection.
    heard: Mutex<Vec<Vec<u8>>>,
    /// The bytes that arrived unencrypted.
    overheard: Mutex<Vec<u8>>,
}

impl Server {
    pub fn start(kind: Kind, scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind((kind.ip, 0)).expect("a free port");
        Self::on(listener, kind, scripts)
    }

    /// A server that responds to each request with its tag, where no script has another response.
    pub fn start_tagging(kind: Kind, scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind((kind.ip, 0)).expect("a free port");
        Self::serve(listener, kind, scripts, true)
    }

    /// With a minimal receive buffer.
    pub fn start_narrow(kind: Kind, scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind((kind.ip, 0)).expect("a free port");
        // Connections inherit the option.
        SockRef::from(&listener).set_recv_buffer_size(4096).unwrap();
        Self::on(listener, kind, scripts)
    }

    pub fn on(listener: TcpListener, kind: Kind, scripts: Vec<Script>) -> Self {
        Self::serve(listener, kind, scripts, false)
    }

    fn serve(listener: TcpListener, kind: Kind, scripts: Vec<Script>, tags: bool) -> Self {
        let shared = Arc::new(Shared {
            kind,
            scripts,
            tags,
            stopping: AtomicBool::new(false),
            at_the_end: AtomicUsize::new(0),
            resumed: AtomicUsize::new(0),
            sockets: Mutex::default(),
            heard: Mutex::default(),
            overheard: Mutex::default(),
        });
        let address = listener.local_addr().unwrap();
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accepting.accept(&listener));
        Self { address, shared }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        let scheme = if self.shared.kind.https {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    /// A config for this server, through the proxy if this is one.
    pub fn config(&self, app_key: &str) -> autoshares_reset::Config {
        let Kind { https, proxy, .. } = self.shared.kind;
        let Some(via) = proxy else {
            return autoshares_reset::Config::new(self.url().as_str(), app_key);
        };
        let scheme = if https { "https" } else { "http" };
        let url = format!("{scheme}://target.invalid");
        let mut config = autoshares_reset::Config::new(url.as_str(), app_key);
        let scheme = if via == Via::Tls { "https" } else { "http" };
        config.set_proxy(format!("{scheme}://{}", self.address).as_str());
        config.set_allow_http(true);
        config
    }

    pub fn connections(&self) -> usize {
        self.shared.heard.lock().unwrap().len()
    }

    pub fn resumed(&self) -> usize {
        self.shared.resumed.load(Ordering::SeqCst)
    }

    /// Waits until a script is at its last step.
    pub fn await_the_end(&self) {
        while self.at_the_end() == 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until a script is at its last step, this thread has read everything that was sent
    /// before, and waits for more.
    pub fn await_reader(&self, reader: &Thread) {
        self.await_the_end();
        sockets::await_reader(&self.open_sockets(), reader);
    }

    /// Waits until a script is at its last step, and everything that was sent before has arrived.
    pub fn await_arrival(&self) {
        self.await_the_end();
        sockets::await_arrival(&self.open_sockets());
    }

    /// Waits until everything that this step, the one before [`DONE`], sent or closed has arrived.
    pub fn await_effect(&self, step: &Step) {
        match step {
            Step::End | Step::Cut | Step::Reset => self.await_close(),
            _ => self.await_arrival(),
        }
    }

    /// Waits until the close or reset of every connection has arrived.
    pub fn await_close(&self) {
        sockets::await_close(self.address);
    }

    fn open_sockets(&self) -> Vec<Arc<TcpStream>> {
        let sockets = self.shared.sockets.lock().unwrap();
        sockets.iter().filter_map(Weak::upgrade).collect()
    }

    /// The number of scripts that have reached their last step.
    pub fn at_the_end(&self) -> usize {
        self.shared.at_the_end.load(Ordering::SeqCst)
    }

    /// The number of times that `text` arrived in requests.
    pub fn heard(&self, text: &str) -> usize {
        let heard = self.shared.heard.lock().unwrap();
        heard.iter().map(|bytes| count(bytes, text)).sum()
    }

    /// The app key that each connection carried.
    pub fn carried(&self) -> Vec<Vec<u8>> {
        self.shared.heard.lock().unwrap().clone()
    }

    pub fn overheard(&self, text: &str) -> usize {
        count(&self.shared.overheard.lock().unwrap(), text)
    }
}

fn count(bytes: &[u8], text: &str) -> usize {
    let bytes = bytes.windows(text.len());
    bytes.filter(|&part| part == text.as_bytes()).count()
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // It is blocked in `accept`.
        let _ = TcpStream::connect(self.address);
        for socket in self.open_sockets() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for tcp in listener.incoming().filter_map(Result::ok) {
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            let index = {
                let mut heard = self.heard.lock().unwrap();
                heard.push(Vec::new());
                heard.len() - 1
            };
            let script = self.scripts.get(index).cloned().unwrap_or_default();
            let here = tcp.local_addr().unwrap();
            let tcp = Arc::new(tcp);
            self.sockets.lock().unwrap().push(Arc::downgrade(&tcp));
            let mut connection = Connection {
                wire: Wire { tcp, proxy: None },
                tls: None,
                index,
                request: Vec::new(),
                // Set before the first byte of a request can come.
                private: !self.kind.https && self.kind.proxy.is_none(),
                here,
                shared: Arc::clone(&self),
            };
            thread::spawn(move || connection.play(&script));
        }
    }
}

/// The layer below a TLS session: TCP, or the TLS of a proxy.
struct Wire {
    tcp: Arc<TcpStream>,
    proxy: Option<ServerConnection>,
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.proxy {
            Some(tls) => Stream::new(tls, &mut &*self.tcp).read(buf),
            None => (&*self.tcp).read(buf),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match &mut self.proxy {
            Some(tls) => Stream::new(tls, &mut &*self.tcp).write(buf),
            None => (&*self.tcp).write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.proxy {
            Some(tls) => Stream::new(tls, &mut &*self.tcp).flush(),
            None => Ok(()),
        }
    }
}

struct Connection {
    wire: Wire,
    tls: Option<ServerConnection>,
    index: usize,
    /// The last request.
    request: Vec<u8>,
    /// Only the configured host can read the bytes from now on.
    private: bool,
    here: SocketAddr,
    shared: Arc<Shared>,
}

impl Connection {
    /// Every error means that the client has closed the connection, which it may.
    fn play(&mut self, script: &Script) -> io::Result<()> {
        self.wire.tcp.set_nodelay(true)?;
        self.wire.tcp.set_read_timeout(Some(PATIENCE))?;
        self.wire.tcp.set_write_timeout(Some(PATIENCE))?;
        let good = certificates::good;
        match &script.opening {
            Opening::Raw => {}
            Opening::ToProxy => self.open_proxy(good())?,
            Opening::Tls(config) => self.open(config.clone(), CONNECTED, b"")?,
            Opening::Early(config, bytes) => self.open(config.clone(), CONNECTED, bytes)?,
            Opening::Connect(response) => self.open(good(), response, b"")?,
            Opening::Well => self.open(good(), CONNECTED, b"")?,
        }
        for (index, step) in script.steps.iter().enumerate() {
            if index + 1 == script.steps.len() {
                self.shared.at_the_end.fetch_add(1, Ordering::SeqCst);
            }
            self.take(step)?;
        }
        loop {
            self.read_request()?;
            if self.shared.tags {
                self.take(&Step::RespondTagged)?;
            } else {
                self.send(&good_response())?;
            }
        }
    }

    fn open(&mut self, config: Config, connected: &[u8], early: &[u8]) -> io::Result<()> {
        self.open_proxy(config.clone())?;
        if self.shared.kind.proxy.is_some() {
            self.read_request()?;
            self.send(connected)?;
        }
        if self.shared.kind.https {
            self.wire.proxy = self.tls.take();
            self.handshake(config, early)?;
        }
        self.private = true;
        Ok(())
    }

    fn open_proxy(&mut self, config: Config) -> io::Result<()> {
        match self.shared.kind.proxy {
            Some(Via::Tls) => self.handshake(config, b""),
            _ => Ok(()),
        }
    }

    /// Data that is written `early` is sent as soon as TLS allows it: behind the server's Finished.
    fn handshake(&mut self, config: Config, early: &[u8]) -> io::Result<()> {
        let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
        tls.writer().write_all(early)?;
        while tls.is_handshaking() || tls.wants_write() {
            tls.complete_io(&mut self.wire)?;
        }
        if tls.handshake_kind() == Some(HandshakeKind::Resumed) {
            self.shared.resumed.fetch_add(1, Ordering::SeqCst);
        }
        self.tls = Some(tls);
        Ok(())
    }

    fn take(&mut self, step: &Step) -> io::Result<()> {
        let ended = || Err(ErrorKind::ConnectionAborted.into());
        match step {
            Step::Read => self.read_request(),
            Step::ReadSome => self.read_some().map(drop),
            Step::Send(bytes) => self.send(&self.fill_in(bytes)),
            Step::RespondTagged => self.send(&tagged::response(&self.request)),
            Step::Endless(bytes) => loop {
                self.send(bytes)?;
            },
            Step::Drip(bytes) => loop {
                for byte in bytes {
                    thread::sleep(DRIP);
                    self.send(&[*byte])?;
                }
            },
            Step::Hello(config, size) => self.hello(config.clone(), *size),
            Step::Past(bytes) => self.wire.write_all(bytes),
            Step::Damaged(bytes) => self.send_damaged(bytes),
            Step::Part(bytes) => {
                let record = self.record(bytes)?;
                self.wire.write_all(&record[..record.len() - 1])
            }
            Step::Rekey => {
                let tls = self.tls.as_mut().expect("a step for HTTPS");
                tls.refresh_traffic_keys().map_err(io::Error::other)?;
                tls.write_tls(&mut self.wire).map(drop)
            }
            Step::Wait(time) => {
                thread::sleep(*time);
                Ok(())
            }
            Step::AwaitRead => sockets::await_read(&self.wire.tcp),
            Step::Hold => loop {
                self.read_some()?;
            },
            Step::End | Step::Cut => {
                if let (Step::End, Some(tls)) = (step, &mut self.tls) {
                    tls.send_close_notify();
                    tls.write_tls(&mut self.wire)?;
                }
                if let (Step::End, Some(tls)) = (step, &mut self.wire.proxy) {
                    tls.send_close_notify();
                    tls.write_tls(&mut &*self.wire.tcp)?;
                }
                self.wire.tcp.shutdown(Shutdown::Write)?;
                // A close with unread bytes would send a reset.
                while (&*self.wire.tcp).read(&mut [0; 4096])? > 0 {}
                ended()
            }
            Step::Reset => {
                SockRef::from(&*self.wire.tcp).set_linger(Some(Duration::ZERO))?;
                ended()
            }
            Step::Forget => {
                thread::sleep(PATIENCE);
                ended()
            }
        }
    }

    fn fill_in<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.contains("{here}") || text.contains("{elsewhere}") => {
                let text = text.replace("{here}", &self.here.to_string());
                let text = text.replace("{elsewhere}", &DECOY.address.to_string());
                text.into_bytes().into()
            }
            _ => bytes.into(),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) => Stream::new(tls, &mut self.wire).write_all(bytes),
            None => self.wire.write_all(bytes),
        }
    }

    fn send_damaged(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut record = self.record(bytes)?;
        *record.last_mut().unwrap() ^= 1;
        self.wire.write_all(&record)
    }

    fn record(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let tls = self.tls.as_mut().expect("a step for HTTPS");
        let mut record = Vec::new();
        tls.writer().write_all(bytes)?;
        tls.write_tls(&mut record)?;
        Ok(record)
    }

    fn hello(&mut self, config: Config, size: usize) -> io::Result<()> {
        let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
        while !tls.wants_write() {
            tls.read_tls(&mut self.wire)?;
            tls.process_new_packets().map_err(io::Error::other)?;
        }
        let mut flight = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut flight)?;
        }
        flight.truncate(size);
        self.wire.write_all(&flight)
    }

    fn read_some(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = [0; 16 * 1024];
        let count = match &mut self.tls {
            Some(tls) => Stream::new(tls, &mut self.wire).read(&mut bytes)?,
            None => self.wire.read(&mut bytes)?,
        };
        if self.private {
            self.shared.heard.lock().unwrap()[self.index].extend_from_slice(&bytes[..count]);
        } else {
            let mut overheard = self.shared.overheard.lock().unwrap();
            overheard.extend_from_slice(&bytes[..count]);
        }
        match count {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            count => Ok(bytes[..count].to_vec()),
        }
    }

    fn read_request(&mut self) -> io::Result<()> {
        let mut request = Vec::new();
        while tagged::end_of(&request).is_none() {
            request.extend(self.read_some()?);
        }
        self.request = request;
        Ok(())
    }
}

//! Runs the certificate checks of Windows and macOS on a thread that a call can abandon: they may
//! ask the certificate's issuer over the network whether it was revoked, and cannot be interrupted.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{Error, OtherError};

use super::call::Limits;
use super::failure::Failure;
use super::single_flight::SingleFlight;
use super::verifier::{Presented, TrustPolicy};
use crate::error::Code;

/// The checks that are running. No verdict is kept: rustls asks once for each handshake.
static VERDICTS: SingleFlight<Arc<Query>, Result<(), Error>> = SingleFlight::new(
    "verifier",
    (
        Code::TlsFailed,
        "no thread can be started to check its certificate",
    ),
);

thread_local! {
    /// The limits of this thread's handshake, because rustls passes its verifier no context.
    /// [`within`] empties it. It is never dropped, because the host may make a call in a destructor
    /// while the thread ends.
    static LIMITS: RefCell<ManuallyDrop<Option<Limits>>> =
        const { RefCell::new(ManuallyDrop::new(None)) };
}

fn set_limits(limits: Option<Limits>) {
    drop(ManuallyDrop::into_inner(
        LIMITS.replace(ManuallyDrop::new(limits)),
    ));
}

/// Performs a handshake whose certificate check keeps within these limits.
pub(super) fn within<T>(limits: &Limits, handshake: impl FnOnce() -> T) -> T {
    struct ResetOnDrop;
    impl Drop for ResetOnDrop {
        fn drop(&mut self) {
            set_limits(None);
        }
    }
    set_limits(Some(limits.clone()));
    let _reset = ResetOnDrop;
    handshake()
}

/// Everything that a verdict depends on, except the time. All clients ask the same system.
#[derive(PartialEq, Eq, Hash)]
struct Query {
    server: ServerName<'static>,
    /// The server's certificate comes first.
    certificates: Vec<CertificateDer<'static>>,
    ocsp: Vec<u8>,
}

/// A policy that verifies on a thread that a call can abandon.
pub(super) struct OffThread(pub Arc<dyn TrustPolicy>);

impl TrustPolicy for OffThread {
    fn verify(&self, presented: &Presented, now: UnixTime) -> Result<(), Error> {
        let own = [presented.certificate].into_iter().chain(presented.issuers);
        let query = Arc::new(Query {
            server: presented.server.to_owned(),
            certificates: own.map(|c| c.clone().into_owned()).collect(),
            ocsp: presented.ocsp.to_vec(),
        });
        let (asked, policy) = (Arc::clone(&query), Arc::clone(&self.0));
        let work = move || {
            let [certificate, issuers @ ..] = &*asked.certificates else {
                return Err(Error::NoCertificatesPresented);
            };
            let presented = Presented {
                certificate,
                issuers,
                ocsp: &asked.ocsp,
                server: &asked.server,
            };
            policy.verify(&presented, now)
        };
        let limits = LIMITS
            .with_borrow(|limits| (**limits).clone())
            .ok_or_else(Failure::internal);
        let verdict = limits.and_then(|limits| VERDICTS.outcome(query, |_| false, work, &limits));
        verdict.map_err(|failure| Error::Other(OtherError(Arc::new(failure))))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Cancel;
    use std::panic::catch_unwind;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc::{Sender, channel};
    use std::thread;
    use std::time::{Duration, Instant};

    /// Waits for a lock, and trusts certificates that begin with a 0.
    #[derive(Default)]
    struct Slow {
        lock: Mutex<()>,
        asked: AtomicU32,
    }

    impl TrustPolicy for Slow {
        fn verify(&self, presented: &Presented, _: UnixTime) -> Result<(), Error> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let _guard = self.lock.lock();
            match presented.certificate.first() {
                Some(0) => Ok(()),
                _ => Err(rustls::CertificateError::Revoked.into()),
            }
        }
    }

    fn ask(policy: &Arc<Slow>, certificate: u8, cancel: Option<&Cancel>) -> Result<(), Error> {
        let limit = Duration::from_millis(100);
        within(&Limits::new(limit, limit, cancel), || {
            let presented = Presented {
                certificate: &vec![certificate].into(),
                issuers: &[],
                ocsp: &[],
                server: &"a.invalid".try_into().unwrap(),
            };
            OffThread(policy.clone()).verify(&presented, UnixTime::now())
        })
    }

    fn code(verdict: Result<(), Error>) -> Code {
        Failure::tls(&verdict.expect_err("it takes too long")).code
    }

    #[test]
    fn a_slow_verdict_ends_with_the_call_and_is_joined_by_the_next() {
        let policy = Arc::new(Slow::default());
        let slow = policy.lock.lock().unwrap();
        let started = Instant::now();
        for _ in 0..3 {
            assert_eq!(code(ask(&policy, 1, None)), Code::Timeout);
        }
        assert!(started.elapsed() < Duration::from_secs(2));
        let cancel = Cancel::new();
        cancel.trigger();
        assert_eq!(code(ask(&policy, 1, Some(&cancel))), Code::Cancelled);
        assert_eq!(policy.asked.load(Ordering::SeqCst), 1);
        drop(slow);
    }

    #[test]
    fn a_call_at_the_very_end_of_a_thread_gets_its_verdict() {
        struct AtTheEnd(Sender<Result<(), Error>>);
        impl Drop for AtTheEnd {
            fn drop(&mut self) {
                let asked = catch_unwind(|| ask(&Arc::default(), 3, None));
                let _ = self.0.send(asked.expect("no panic"));
            }
        }
        thread_local! {
            static AT_THE_END: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
        }
        let (sender, receiver) = channel();
        thread::spawn(move || {
            // Created before the thread's other values, so it is dropped after them.
            AT_THE_END.set(Some(AtTheEnd(sender)));
            let _ = ask(&Arc::default(), 3, None);
        });
        let revoked = rustls::CertificateError::Revoked.into();
        assert_eq!(receiver.recv(), Ok(Err(revoked)));
    }

    #[test]
    fn verdicts_are_the_systems_and_none_is_kept() {
        let policy = Arc::new(Slow::default());
        for _ in 0..2 {
            assert_eq!(ask(&policy, 0, None), Ok(()));
            let revoked = rustls::CertificateError::Revoked.into();
            assert_eq!(ask(&policy, 2, None), Err(revoked));
        }
        assert_eq!(policy.asked.load(Ordering::SeqCst), 4);
    }
}

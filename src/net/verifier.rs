//! The verifiers of Windows and macOS, kept to the call's deadline and token: they may ask the
//! certificate's issuer over the network whether it was revoked, and cannot be interrupted.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::errand::Errands;
use crate::error::Code;

/// Verdicts that are being made. None is kept: rustls asks once a handshake.
static VERDICTS: Errands<Arc<Question>, Result<(), Error>> = Errands::new(
    "verifier",
    (
        Code::TlsFailed,
        "no thread can be started to check its certificate",
    ),
);

/// What a verdict depends on, the time apart: all clients ask the one system.
#[derive(PartialEq, Eq, Hash)]
struct Question {
    server: ServerName<'static>,
    /// The server's own first.
    certificates: Vec<CertificateDer<'static>>,
    ocsp: Vec<u8>,
}

/// A verifier whose verdicts are made in a thread that a call may leave behind.
#[derive(Debug)]
pub(super) struct Aside<V>(Arc<V>);

impl<V> Aside<V> {
    pub fn new(verifier: V) -> Self {
        Self(Arc::new(verifier))
    }
}

impl<V: ServerCertVerifier + 'static> ServerCertVerifier for Aside<V> {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        server: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let question = Arc::new(Question {
            server: server.to_owned(),
            certificates: [own]
                .into_iter()
                .chain(others)
                .map(|c| c.clone().into_owned())
                .collect(),
            ocsp: ocsp.to_vec(),
        });
        let (asked, verifier) = (Arc::clone(&question), Arc::clone(&self.0));
        let verdict = VERDICTS.outcome(
            question,
            |_| false,
            move || {
                let [own, others @ ..] = &*asked.certificates else {
                    return Err(Error::NoCertificatesPresented);
                };
                verifier
                    .verify_server_cert(own, others, &asked.server, &asked.ocsp, now)
                    .map(drop)
            },
        );
        verdict
            .map_err(|failure| Error::Other(OtherError(Arc::new(failure))))?
            .map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.0.requires_raw_public_keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Cancel;
    use crate::net::call::Call;
    use crate::net::failure::Failure;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::{Duration, Instant};

    /// Waits for a lock, and likes certificates that begin with a 0.
    #[derive(Debug, Default)]
    struct Slow {
        lock: Mutex<()>,
        asked: AtomicU32,
    }

    impl ServerCertVerifier for Slow {
        fn verify_server_cert(
            &self,
            own: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let _guard = self.lock.lock();
            match own.first() {
                Some(0) => Ok(ServerCertVerified::assertion()),
                _ => Err(rustls::CertificateError::Revoked.into()),
            }
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            unreachable!()
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            unreachable!()
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            Vec::new()
        }
    }

    fn ask(verifier: &Aside<Slow>, certificate: u8, cancel: Option<&Cancel>) -> Result<(), Error> {
        let limit = Duration::from_millis(100);
        let call = Call::new(limit, limit, cancel, 0);
        let (verdict, _) = call.run(|| {
            let (own, server) = (vec![certificate].into(), "a.invalid".try_into().unwrap());
            verifier.verify_server_cert(&own, &[], &server, &[], UnixTime::now())
        });
        verdict.map(drop)
    }

    fn code(verdict: Result<(), Error>) -> Code {
        Failure::tls(&verdict.expect_err("it takes too long")).code
    }

    #[test]
    fn a_slow_verdict_ends_with_the_call_and_is_joined_by_the_next() {
        let verifier = Aside::new(Slow::default());
        let slow = verifier.0.lock.lock().unwrap();
        let started = Instant::now();
        for _ in 0..3 {
            assert_eq!(code(ask(&verifier, 1, None)), Code::Timeout);
        }
        assert!(started.elapsed() < Duration::from_secs(2));
        let cancel = Cancel::new();
        cancel.trigger();
        assert_eq!(code(ask(&verifier, 1, Some(&cancel))), Code::Cancelled);
        assert_eq!(verifier.0.asked.load(Ordering::SeqCst), 1);
        drop(slow);
    }

    #[test]
    fn verdicts_are_the_systems_and_none_is_kept() {
        let verifier = Aside::new(Slow::default());
        for _ in 0..2 {
            assert_eq!(ask(&verifier, 0, None), Ok(()));
            let revoked = rustls::CertificateError::Revoked.into();
            assert_eq!(ask(&verifier, 2, None), Err(revoked));
        }
        assert_eq!(verifier.0.asked.load(Ordering::SeqCst), 4);
    }
}

//! Checks a server's certificate.

use std::cell::Cell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use super::certificate::Certificate;
use super::failure::Failure;
use super::tls_error;
use crate::error::Code;

/// The certificates that a server presents in its handshake.
pub(super) struct Presented<'a> {
    pub certificate: &'a CertificateDer<'a>,
    pub issuers: &'a [CertificateDer<'a>],
    #[cfg_attr(
        not(any(test, windows, target_vendor = "apple")),
        expect(dead_code, reason = "only those systems use it")
    )]
    pub ocsp: &'a [u8],
    /// The name that the certificate must be for.
    pub server: &'a ServerName<'a>,
}

/// Decides whether to trust a server's certificate. The rest of a verifier is the same for every
/// source of trust.
pub(super) trait TrustPolicy: Send + Sync {
    fn verify(&self, presented: &Presented, now: UnixTime) -> Result<(), Error>;
}

/// Adapts a policy to rustls.
pub(super) struct Verifier {
    policy: Arc<dyn TrustPolicy>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub fn new(policy: Arc<dyn TrustPolicy>, provider: &CryptoProvider) -> Self {
        Self {
            policy,
            algorithms: provider.signature_verification_algorithms,
        }
    }
}

thread_local! {
    /// The names in the certificate that this thread's last handshake refused: rustls drops it. It
    /// is never dropped, because the host may make a call in a destructor while the thread ends.
    static REFUSED: Cell<ManuallyDrop<Option<String>>> =
        const { Cell::new(ManuallyDrop::new(None)) };
}

fn replace_refused(names: Option<String>) -> Option<String> {
    ManuallyDrop::into_inner(REFUSED.replace(ManuallyDrop::new(names)))
}

/// The names in the certificate that was refused in this thread's last handshake.
pub(super) fn take_refused() -> Option<String> {
    replace_refused(None)
}

fn names(certificate: &CertificateDer) -> String {
    let parsed = Certificate::parse(certificate);
    let name = |name: Option<String>| name.unwrap_or_else(|| "without a name".into());
    let subject = name(parsed.as_ref().and_then(Certificate::subject_name));
    let issuer = name(parsed.as_ref().and_then(Certificate::issuer_name));
    format!("subject {subject}, issuer {issuer}")
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        issuers: &[CertificateDer<'_>],
        server: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let presented = Presented {
            certificate,
            issuers,
            ocsp,
            server,
        };
        let verdict = self.policy.verify(&presented, now);
        replace_refused(verdict.as_ref().err().map(|_| names(certificate)));
        verdict.map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The trusted certificates of a client.
pub(crate) struct Trust {
    /// Certificates that may sign others.
    authorities: RootCertStore,
    /// Certificates that are trusted as a server's certificate, whatever their extensions and
    /// issuer.
    servers: Vec<CertificateDer<'static>>,
}

impl Trust {
    pub fn empty() -> Self {
        Self {
            authorities: RootCertStore::empty(),
            servers: Vec::new(),
        }
    }

    /// Trusts a certificate as an authority, or as a server's certificate if it may not sign
    /// others. Ignores one that cannot be parsed, so that the rest of a bundle still counts.
    #[cfg(any(test, all(unix, not(target_vendor = "apple"))))]
    pub fn add(&mut self, certificate: CertificateDer<'static>) {
        if !self.add_authority(&certificate) {
            self.add_server(certificate);
        }
    }

    /// Trusts a certificate that the user chose: as an authority if it may sign others, and in any
    /// case as a server's certificate. `false` if it cannot be used.
    pub fn add_chosen(&mut self, certificate: CertificateDer<'static>) -> bool {
        self.add_authority(&certificate) | self.add_server(certificate)
    }

    fn add_authority(&mut self, certificate: &CertificateDer) -> bool {
        let may_sign = Certificate::parse(certificate).is_some_and(|c| c.may_sign());
        may_sign && self.authorities.add(certificate.as_ref().into()).is_ok()
    }

    fn add_server(&mut self, certificate: CertificateDer<'static>) -> bool {
        let is_usable = ParsedCertificate::try_from(&certificate).is_ok();
        if is_usable {
            self.servers.push(certificate);
        }
        is_usable
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        self.authorities.len() + self.servers.len()
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trust({} certificates)", self.len())
    }
}

/// Trusts the certificates of a list.
pub(super) struct Listed {
    pub trust: Arc<Trust>,
    pub algorithms: WebPkiSupportedAlgorithms,
}

impl TrustPolicy for Listed {
    fn verify(&self, presented: &Presented, now: UnixTime) -> Result<(), Error> {
        let certificate = ParsedCertificate::try_from(presented.certificate)?;
        let alone = self.check_alone(&certificate, now);
        if self.trust.servers.contains(presented.certificate) {
            alone.or_else(|e| {
                if is_for_an_authority(&e) {
                    Ok(())
                } else {
                    Err(e)
                }
            })?;
        } else {
            alone?;
            self.check_issuers(&certificate, presented, now)?;
        }
        verify_server_name(&certificate, presented.server)
    }
}

impl Listed {
    /// Checks the properties that do not depend on the issuer: the dates, that it is not an
    /// authority's, and the purpose. webpki checks them before it looks for the issuer.
    fn check_alone(&self, certificate: &ParsedCertificate, now: UnixTime) -> Result<(), Error> {
        let (nobody, algorithms) = (RootCertStore::empty(), self.algorithms.all);
        match verify_server_cert_signed_by_trust_anchor(certificate, &nobody, &[], now, algorithms)
        {
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => Ok(()),
            verdict => verdict,
        }
    }

    fn check_issuers(
        &self,
        certificate: &ParsedCertificate,
        presented: &Presented,
        now: UnixTime,
    ) -> Result<(), Error> {
        verify_server_cert_signed_by_trust_anchor(
            certificate,
            &self.trust.authorities,
            presented.issuers,
            now,
            self.algorithms.all,
        )
        .map_err(|error| {
            let Error::InvalidCertificate(fault) = error else {
                return error;
            };
            let in_words = tls_error::of_issuers(presented, &fault);
            let fault = in_words.map_or(fault, |words| {
                let failure = Failure::new(Code::TlsFailed, words);
                CertificateError::Other(OtherError(Arc::new(failure)))
            });
            Error::InvalidCertificate(fault)
        })
    }
}

/// True if a certificate was refused only because it may sign others.
fn is_for_an_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(inner)) = error else {
        return false;
    };
    matches!(
        inner.0.downcast_ref(),
        Some(webpki::Error::CaUsedAsEndEntity)
    )
}

//! The trusted certificates, and the TLS configuration that uses them.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use base64::prelude::{BASE64_STANDARD, Engine};
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, KeyProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::SigningKey;

use super::failure::describe;
#[cfg(any(windows, target_vendor = "apple"))]
use super::off_thread::OffThread;
#[cfg(any(windows, target_vendor = "apple"))]
use super::verifier::Presented;
pub(crate) use super::verifier::Trust;
use super::verifier::{Listed, TrustPolicy, Verifier};
use crate::argument;
use crate::error::{Code, Error};
use crate::redaction;

/// The largest part of a file that is read. All public authorities together take 200 KB.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Trusts the certificates of a CA file, which must hold at least one that can be used.
pub(crate) fn add_file(trust: &mut Trust, path: &Path) -> Result<(), Error> {
    let bytes = read(path).map_err(|e| {
        Error::argument(
            argument::CA_FILE,
            &format!("cannot be read: {}", unread(path, &e)),
        )
        .with_os_error(e.raw_os_error())
    })?;
    add_chosen(trust, argument::CA_FILE, &bytes)
}

/// Trusts the certificates in a PEM text, which must hold at least one that can be used.
pub(crate) fn add_pem(trust: &mut Trust, pem: &str) -> Result<(), Error> {
    add_chosen(trust, argument::CA_PEM, pem.as_bytes())
}

fn add_chosen(trust: &mut Trust, name: &str, pem: &[u8]) -> Result<(), Error> {
    let mut usable = 0;
    for certificate in certificates(pem) {
        usable += usize::from(trust.add_chosen(certificate));
    }
    if usable == 0 {
        return Err(Error::argument(name, "holds no certificate in PEM form"));
    }
    Ok(())
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    // A pipe or a device could block the caller.
    if !found.is_file() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let file = fs::File::open(path)?;
    // With spare room, so that the read that finds the end does not reallocate.
    let mut bytes = Vec::with_capacity(found.len().min(MAX_FILE) as usize + 32);
    file.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Names the file that could not be read, and the reason.
fn unread(path: &Path, error: &io::Error) -> String {
    let mut path = redaction::one_line(&path.to_string_lossy());
    redaction::shorten(&mut path, 300);
    match error.kind() {
        io::ErrorKind::Unsupported => format!("{path} is not a regular file"),
        _ => format!("{path}: {}", describe(error)),
    }
}

/// The certificates in a PEM file. rustls' own reader is slow: it works in constant time to protect
/// private keys, and would take most of the time of a first call.
pub(super) fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    let text = String::from_utf8_lossy(pem);
    let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    blocks
        .filter_map(|block| {
            let (content, _) = block.split_once("-----END CERTIFICATE-----")?;
            let base64: String = content.lines().map(str::trim).collect();
            BASE64_STANDARD.decode(base64).ok().map(Into::into)
        })
        .collect()
}

/// The TLS settings of a client that trusts `chosen`, or else the system's certificates.
pub(crate) fn tls_config(chosen: Option<&Arc<Trust>>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(provider());
    let policy = match chosen {
        Some(trust) => listed(Arc::clone(trust), &provider),
        None => system_policy(&provider)?,
    };
    let verifier = Verifier::new(policy, &provider);
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| Error::internal())?
        .dangerous() // rustls' name for setting a custom verifier
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

fn listed(trust: Arc<Trust>, provider: &CryptoProvider) -> Arc<dyn TrustPolicy> {
    let algorithms = provider.signature_verification_algorithms;
    Arc::new(Listed { trust, algorithms })
}

/// ring's provider without signing, which only servers and clients with a certificate need. That
/// saves 50 kB of code, but only if `default_provider` is inlined, as it is into this function.
#[inline(never)]
fn provider() -> CryptoProvider {
    CryptoProvider {
        key_provider: &NoKeys,
        ..ring::default_provider()
    }
}

#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(
        &self,
        _: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("no key is ever loaded".into()))
    }
}

/// The same settings with their own session store: a forked child must not resume its parent's
/// sessions, nor wait for a lock that another thread of the parent held.
pub(crate) fn with_own_sessions(config: &ClientConfig) -> ClientConfig {
    let mut config = config.clone();
    config.resumption = Resumption::in_memory_sessions(64);
    config
}

#[cfg(any(windows, target_vendor = "apple"))]
fn system_policy(provider: &Arc<CryptoProvider>) -> Result<Arc<dyn TrustPolicy>, Error> {
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::UnixTime;

    struct Platform(rustls_platform_verifier::Verifier);
    impl TrustPolicy for Platform {
        fn verify(&self, presented: &Presented, now: UnixTime) -> Result<(), rustls::Error> {
            self.0
                .verify_server_cert(
                    presented.certificate,
                    presented.issuers,
                    presented.server,
                    presented.ocsp,
                    now,
                )
                .map(drop)
        }
    }
    let platform = rustls_platform_verifier::Verifier::new(Arc::clone(provider))
        .map_err(|_| no_roots("on this system", None))?;
    Ok(Arc::new(OffThread(Arc::new(Platform(platform)))))
}

#[cfg(all(unix, not(target_vendor = "apple")))]
fn system_policy(provider: &Arc<CryptoProvider>) -> Result<Arc<dyn TrustPolicy>, Error> {
    Ok(listed(Arc::new(unix::system_trust()?), provider))
}

fn no_roots(place: &str, why: Option<&str>) -> Error {
    let why = why.map_or_else(String::new, |why| format!(" ({why})"));
    Error::new(
        Code::TlsFailed,
        format!(
            "No trusted root certificates were found {place}{why}; install them (on Debian and \
             Ubuntu the package ca-certificates) or give a CA file."
        ),
    )
}

#[cfg(all(unix, not(target_vendor = "apple")))]
mod unix {
    use std::ffi::OsStr;
    use std::path::PathBuf;

    use super::*;
    use crate::net::environment::variable;

    /// Reads one bundle file or, if there is none, a folder of single certificates. Distributions
    /// ship the same roots in both forms, and reading both takes twice as long.
    pub(super) fn system_trust() -> Result<Trust, Error> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let (file, dirs) = (set("SSL_CERT_FILE"), set("SSL_CERT_DIR"));
        let mut found = Found {
            trust: Trust::empty(),
            unread: None,
        };
        if file.is_some() || dirs.is_some() {
            if let Some(file) = file {
                found.add_file(file.as_ref());
            }
            for dir in dirs.iter().flat_map(std::env::split_paths) {
                found.add_folder(&dir);
            }
            return found.or("where SSL_CERT_FILE and SSL_CERT_DIR point");
        }
        let exists = |path: &&Path| path.exists();
        if let Some(file) = BUNDLES.into_iter().map(Path::new).find(exists) {
            found.add_file(file);
        }
        if found.trust.is_empty() {
            for dir in FOLDERS.into_iter().map(Path::new).filter(exists) {
                found.add_folder(dir);
            }
        }
        found.or("on this system")
    }

    /// The first of these that exists is the system's bundle. Existing crates for this also read
    /// `SSL_CERT_FILE` in privileged processes.
    const BUNDLES: [&str; 12] = [
        "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Arch, Gentoo, SmartOS
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL 7 and newer
        "/etc/pki/tls/certs/ca-bundle.crt",   // RHEL 6
        "/etc/ssl/ca-bundle.pem",             // openSUSE
        "/etc/pki/tls/cacert.pem",            // OpenELEC
        "/etc/ssl/cert.pem",                  // Alpine, OpenBSD
        "/opt/etc/ssl/certs/ca-certificates.crt", // Entware
        "/usr/local/etc/ssl/cert.pem",        // FreeBSD
        "/usr/local/share/certs/ca-root-nss.crt", // DragonFly
        "/etc/openssl/certs/ca-certificates.crt", // NetBSD
        "/etc/certs/ca-certificates.crt",     // Solaris, OpenIndiana
        "/etc/ssl/cacert.pem",                // OmniOS
    ];

    /// The folders of single certificates, for systems without a bundle.
    const FOLDERS: [&str; 5] = [
        "/etc/ssl/certs",
        "/etc/pki/tls/certs",
        "/usr/local/share/certs",       // FreeBSD
        "/etc/openssl/certs",           // NetBSD
        "/system/etc/security/cacerts", // Android
    ];

    /// True if OpenSSL looks for certificates under this name: the hash of a subject, and a number.
    /// Folders also hold bundles, notes and leftovers of package managers.
    fn is_hash_name(name: &OsStr) -> bool {
        let Some((hash, number)) = name.to_str().and_then(|name| name.split_once('.')) else {
            return false;
        };
        let is_hash_digit = |b| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        hash.len() == 8
            && hash.bytes().all(is_hash_digit)
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
    }

    struct Found {
        trust: Trust,
        /// The first path that could not be read, reported if nothing else was found.
        unread: Option<(PathBuf, io::Error)>,
    }

    impl Found {
        fn add_file(&mut self, path: &Path) {
            match read(path) {
                Ok(pem) => certificates(&pem)
                    .into_iter()
                    .for_each(|c| self.trust.add(c)),
                Err(e) => self.cannot_read(path, e),
            }
        }

        fn add_folder(&mut self, path: &Path) {
            match fs::read_dir(path) {
                Ok(entries) => {
                    let hashed = entries.flatten().filter(|e| is_hash_name(&e.file_name()));
                    for entry in hashed.filter(|e| e.path().is_file()) {
                        self.add_file(&entry.path());
                    }
                }
                Err(e) => self.cannot_read(path, e),
            }
        }

        fn cannot_read(&mut self, path: &Path, error: io::Error) {
            self.unread.get_or_insert((path.to_owned(), error));
        }

        fn or(self, place: &str) -> Result<Trust, Error> {
            if !self.trust.is_empty() {
                return Ok(self.trust);
            }
            let why = self.unread.as_ref().map(|(path, e)| unread(path, e));
            Err(no_roots(place, why.as_deref())
                .with_os_error(self.unread.and_then(|(_, e)| e.raw_os_error())))
        }
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn a_broken_certificate_in_a_bundle_does_not_spoil_the_rest() {
        let good = |name: &str| {
            let made = rcgen::generate_simple_self_signed([name.to_owned()]);
            made.expect("a certificate").cert.pem()
        };
        let whole = good("a.invalid");
        let bundle = [
            b"\xfc is no UTF-8\n",
            whole.replace('\n', "\r\n").as_bytes(),
            whole.replace("MII", "M!I").as_bytes(),
            whole.replace("MII", "AAA").as_bytes(),
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            good("b.invalid").as_bytes(),
            &whole.as_bytes()[..100],
        ]
        .concat();
        assert_eq!(certificates(&bundle).len(), 3);
        let mut trust = Trust::empty();
        certificates(&bundle).into_iter().for_each(|c| trust.add(c));
        assert_eq!(format!("{trust:?}"), "Trust(2 certificates)");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_by_its_path() {
        let said = |path: &str| {
            let refused = add_file(&mut Trust::empty(), path.as_ref());
            refused.unwrap_err().to_string()
        };
        let absent = said("/no/such/\u{202e}file\n.pem");
        assert!(
            absent.starts_with("The CA file cannot be read: /no/such/file .pem: "),
            "{absent}"
        );
        assert_eq!(
            said("src"),
            "The CA file cannot be read: src is not a regular file."
        );
        assert!(said(&"a/".repeat(1000)).len() < 500);
    }
}

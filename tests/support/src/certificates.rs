//! Certificates, good and bad, made when the tests run.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use autoshares_reset::Client;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring::{Ticketer, default_provider, sign::any_supported_type};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ResolvesServerCertUsingSni, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

pub type Config = Arc<ServerConfig>;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
    pem: String,
}

static TRUSTED: LazyLock<Authority> = LazyLock::new(|| Authority::make("Trusted Authority"));
static STRANGER: LazyLock<Authority> = LazyLock::new(|| Authority::make("Stranger"));
static BOTH: &[&SupportedProtocolVersion] = &[&TLS12, &TLS13];

/// The certificates in the CA file of a test's client, beside the tests' authority.
static PINNED: Mutex<String> = Mutex::new(String::new());

/// A client that trusts only the tests' authority and the pinned certificates. The file is read
/// when the client is made.
pub fn trusting(mut config: autoshares_reset::Config) -> Client {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(TRUSTED.pem.as_bytes()).unwrap();
    file.write_all(PINNED.lock().unwrap().as_bytes()).unwrap();
    config.set_ca_file(file.path().to_str());
    Client::new(&config).expect("good settings")
}

impl Authority {
    fn make(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = authority_params(name);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            der: certificate.der().clone(),
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    fn sign(&self, params: &CertificateParams) -> (Vec<CertificateDer<'static>>, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (vec![certificate.der().clone()], key)
    }
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = named_params(&[], name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn named_params(names: &[&str], subject: &str) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, subject);
    params
}

fn leaf_params(names: &[&str]) -> CertificateParams {
    let mut params = named_params(names, "A Server");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn usual_params() -> CertificateParams {
    leaf_params(&["localhost", "127.0.0.1", "::1", "target.invalid"])
}

/// Replaces `with_single_cert`, which refuses the bad certificates.
fn config(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Config {
    config_of(chain, key, BOTH)
}

fn config_of(
    chain: Vec<CertificateDer<'static>>,
    key: &KeyPair,
    versions: &[&'static SupportedProtocolVersion],
) -> Config {
    let key = any_supported_type(&PrivateKeyDer::Pkcs8(key.serialize_der().into())).unwrap();
    let certified = SingleCertAndKey::from(CertifiedKey::new(chain, key));
    Arc::new(
        ServerConfig::builder_with_protocol_versions(versions)
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(certified)),
    )
}

fn signed(params: &CertificateParams) -> Config {
    let (chain, key) = TRUSTED.sign(params);
    config(chain, &key)
}

pub fn good() -> Config {
    static GOOD: LazyLock<Config> = LazyLock::new(|| signed(&usual_params()));
    GOOD.clone()
}

pub fn good_over(version: &'static SupportedProtocolVersion) -> Config {
    let (chain, key) = TRUSTED.sign(&usual_params());
    config_of(chain, &key, &[version])
}

/// Sends data that is written before the handshake's end as early as TLS allows: behind the server's
/// Finished.
pub fn early(version: &'static SupportedProtocolVersion) -> Config {
    static EARLY: LazyLock<[Config; 2]> = LazyLock::new(|| {
        [&TLS12, &TLS13].map(|version| {
            let mut config = (*good_over(version)).clone();
            config.send_half_rtt_data = true;
            Arc::new(config)
        })
    });
    EARLY[usize::from(*version == TLS13)].clone()
}

/// Issues more session tickets than usual.
pub fn with_tickets(version: &'static SupportedProtocolVersion) -> Config {
    let mut config = (*good_over(version)).clone();
    config.send_tls13_tickets = 8;
    config.ticketer = Ticketer::new().unwrap();
    Arc::new(config)
}

pub fn expired() -> Config {
    let mut params = usual_params();
    long_expired(&mut params);
    signed(&params)
}

pub fn not_yet_valid() -> Config {
    let mut params = usual_params();
    params.not_before = date_time_ymd(2200, 1, 1);
    params.not_after = date_time_ymd(2201, 1, 1);
    signed(&params)
}

pub fn of(names: &[&str]) -> Config {
    signed(&leaf_params(names))
}

pub fn for_clients_only() -> Config {
    let mut params = usual_params();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    signed(&params)
}

pub fn self_signed() -> Config {
    let key = KeyPair::generate().unwrap();
    let certificate = usual_params().self_signed(&key).unwrap();
    config(vec![certificate.der().clone()], &key)
}

fn pin(certificate: &rcgen::Certificate) {
    PINNED.lock().unwrap().push_str(&certificate.pem());
}

/// A self-signed certificate that is in the clients' CA file.
pub fn pinned(change: impl FnOnce(&mut CertificateParams)) -> Config {
    let mut params = usual_params();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    pin(&certificate);
    config(vec![certificate.der().clone()], &key)
}

/// A certificate of an untrusted authority, which is itself in the CA file.
pub fn pinned_of_a_stranger() -> Config {
    let key = KeyPair::generate().unwrap();
    let certificate = usual_params().signed_by(&key, &STRANGER.issuer).unwrap();
    pin(&certificate);
    config(vec![certificate.der().clone()], &key)
}

/// A certificate signed by a pinned one.
pub fn signed_by_a_pinned_one(is_ca: IsCa) -> Config {
    let mut params = usual_params();
    let name = format!("A Pinned Signer: {is_ca:?}");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = is_ca;
    let between = KeyPair::generate().unwrap();
    let signer = params.self_signed(&between).unwrap();
    pin(&signer);
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(params, between);
    let leaf = usual_params().signed_by(&key, &issuer).unwrap();
    config(vec![leaf.der().clone()], &key)
}

/// A certificate as `openssl req -x509` makes it.
pub fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.extended_key_usages.clear();
}

pub fn no_authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::ExplicitNoCa;
}

pub fn long_expired(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2019, 1, 1);
    params.not_after = date_time_ymd(2020, 1, 1);
}

/// A certificate of the trusted authority that may itself sign others.
pub fn for_an_authority() -> Config {
    let mut params = usual_params();
    authority(&mut params);
    signed(&params)
}

pub fn through_an_expired_authority() -> Config {
    let between = KeyPair::generate().unwrap();
    let mut params = authority_params("An Authority Between");
    long_expired(&mut params);
    let link = params.signed_by(&between, &TRUSTED.issuer).unwrap();
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(params, between);
    let leaf = usual_params().signed_by(&key, &issuer).unwrap();
    config(vec![leaf.der().clone(), link.der().clone()], &key)
}

pub fn of_a_stranger() -> Config {
    let (mut chain, key) = STRANGER.sign(&usual_params());
    chain.push(STRANGER.der.clone());
    config(chain, &key)
}

pub fn with_another_key() -> Config {
    let (chain, _) = TRUSTED.sign(&usual_params());
    config(chain, &KeyPair::generate().unwrap())
}

/// A certificate with one byte of its signature changed.
pub fn tampered_with() -> Config {
    let (chain, key) = TRUSTED.sign(&usual_params());
    let mut bytes = chain[0].to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    config(vec![bytes.into()], &key)
}

pub fn of_garbage() -> Config {
    let (_, key) = TRUSTED.sign(&usual_params());
    config(vec![CertificateDer::from(vec![0x30; 500])], &key)
}

/// A leaf whose authority was itself signed by the trusted one.
pub fn through_another_authority(is_sent: bool) -> Config {
    let between = KeyPair::generate().unwrap();
    let params = authority_params("An Authority Between");
    let link = params.signed_by(&between, &TRUSTED.issuer).unwrap();
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(params, between);
    let leaf = usual_params().signed_by(&key, &issuer).unwrap();
    let mut chain = vec![leaf.der().clone()];
    if is_sent {
        chain.push(link.der().clone());
    }
    config(chain, &key)
}

/// A leaf that was signed by another leaf.
pub fn signed_by_no_authority() -> Config {
    let between = KeyPair::generate().unwrap();
    let mut params = usual_params();
    params
        .distinguished_name
        .push(DnType::CommonName, "A Signer");
    let link = params.signed_by(&between, &TRUSTED.issuer).unwrap();
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(params, between);
    let leaf = usual_params().signed_by(&key, &issuer).unwrap();
    config(vec![leaf.der().clone(), link.der().clone()], &key)
}

pub fn none_at_all() -> Config {
    let resolver = ResolvesServerCertUsingSni::new();
    let builder = ServerConfig::builder_with_protocol_versions(BOTH).with_no_client_auth();
    Arc::new(builder.with_cert_resolver(Arc::new(resolver)))
}

/// Asks the client for a certificate too.
pub fn asking_for_one(version: &'static SupportedProtocolVersion) -> Config {
    let mut roots = RootCertStore::empty();
    roots.add(TRUSTED.der.clone()).unwrap();
    let provider = Arc::new(default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let (chain, key) = TRUSTED.sign(&usual_params());
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    Arc::new(
        ServerConfig::builder_with_protocol_versions(&[version])
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(chain, key)
            .unwrap(),
    )
}

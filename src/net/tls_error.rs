//! Describes TLS failures: the certificate, its fault, and what to do about it. Each text continues
//! the sentence "No secure connection to HOST: ".

use std::borrow::Cow;
use std::fmt::Debug;
use std::time::{Duration, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use super::certificate::Certificate;
use super::verifier::Presented;
use crate::redaction;

type Words = Cow<'static, str>;

const ITS: &str = "its certificate";

pub(super) fn describe(error: &Error) -> Words {
    match error {
        Error::InvalidCertificate(fault) => of_certificate(ITS, fault),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::InvalidEmptyPayload,
        ) => {
            "it sent something that is not TLS; check the port, and whether the service there \
              speaks https"
        }
        .into(),
        Error::InvalidMessage(fault) => {
            format!("it sent a malformed TLS message ({})", plain(fault)).into()
        }
        Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            "it supports TLS 1.1 or older versions only, which are not secure; its operator must \
              enable TLS 1.2 or 1.3"
        }
        .into(),
        Error::PeerIncompatible(fault) => format!(
            "it supports no TLS parameters that this library accepts ({}); its operator must enable \
             TLS 1.2 or 1.3 with current cipher suites",
            plain(fault)
        )
        .into(),
        Error::PeerMisbehaved(fault) => format!(
            "it violates the TLS protocol ({}); report this to its operator",
            plain(fault)
        )
        .into(),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "it sent a TLS message out of turn; report this to its operator".into()
        }
        Error::NoCertificatesPresented => {
            "it sent no certificate; its operator must install one".into()
        }
        Error::DecryptError => {
            "its data could not be decrypted: it was changed on the way, or is not TLS".into()
        }
        Error::PeerSentOversizedRecord => "it sent a TLS record that is too large".into(),
        Error::FailedToGetCurrentTime => "the clock of this machine cannot be read".into(),
        Error::FailedToGetRandomBytes => "this machine provides no random numbers".into(),
        Error::Other(_) | Error::General(_) => "TLS failed for an unknown reason".into(),
        other => format!("TLS failed ({})", plain(other)).into(),
    }
}

/// Describes the fault of `whose` certificate.
fn of_certificate(whose: &str, fault: &CertificateError) -> Words {
    use CertificateError as E;
    #[expect(deprecated, reason = "a verifier may still return it")]
    let said: Words = match fault {
        E::BadEncoding => "is malformed; its operator must replace it".into(),
        E::Expired => expired("").into(),
        E::ExpiredContext { not_after, .. } => expired(&format!(" on {}", date(*not_after))).into(),
        E::NotValidYet => not_valid_yet("").into(),
        E::NotValidYetContext { not_before, .. } => {
            not_valid_yet(&format!(" before {}", date(*not_before))).into()
        }
        E::Revoked => "was revoked by its issuer; its operator must replace it".into(),
        E::UnhandledCriticalExtension => {
            "has a critical extension that this library does not know".into()
        }
        E::UnknownIssuer => {
            "was issued by an authority that is not trusted here; a CA file can name that authority"
        }
        .into(),
        E::UnknownRevocationStatus => {
            "may have been revoked: this could not be determined; try again later".into()
        }
        E::ExpiredRevocationList | E::ExpiredRevocationListContext { .. } => {
            "may have been revoked: its issuer's list of revoked certificates is out of date; try \
              again later"
        }
        .into(),
        E::BadSignature => {
            "has a wrong signature, or the server does not hold its key; its operator must replace \
              it"
        }
        .into(),
        E::UnsupportedSignatureAlgorithm => weakly_signed("an algorithm").into(),
        E::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id,
            ..
        }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id,
            ..
        } => weakly_signed(&algorithm(signature_algorithm_id)).into(),
        E::NotValidForName => other_names(&[]).into(),
        E::NotValidForNameContext { presented, .. } => other_names(presented).into(),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            "is not meant for a server; its operator must replace it".into()
        }
        E::InvalidOcspResponse => {
            "came with an invalid proof (OCSP) that it is not revoked; report this to its operator"
        }
        .into(),
        E::Other(inner) => match inner.0.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity) => {
                "is that of a certificate authority; if it is the right one, put it into a CA file"
                    .into()
            }
            Some(webpki::Error::EndEntityUsedAsCa) => {
                "was issued by a certificate that may not sign others".into()
            }
            Some(webpki::Error::NameConstraintViolation) => {
                "was issued by an authority that may not sign for this host name".into()
            }
            Some(webpki::Error::UnsupportedCertVersion) => {
                "is not of X.509 version 3; its operator must replace it".into()
            }
            Some(other) => format!("is not acceptable ({})", plain(other)).into(),
            None => "is not accepted by this system".into(),
        },
        _ => "is not accepted".into(),
    };
    format!("{whose} {said}").into()
}

fn expired(when: &str) -> String {
    format!("expired{when}; check the clock of this machine, or have its operator renew it")
}

fn not_valid_yet(before: &str) -> String {
    format!("is not valid yet{before}; check the clock of this machine")
}

fn weakly_signed(algorithm: &str) -> String {
    format!(
        "is signed with {algorithm} that this library does not accept; its operator must replace it"
    )
}

/// `names` as webpki describes them, such as `DnsName("a.example")`.
fn other_names(names: &[String]) -> String {
    const MOST: usize = 3;
    let bare = names.iter().filter_map(|name| {
        let (_, name) = name.split_once('(')?;
        Some(redaction::one_line(
            name.trim_end_matches(')').trim_matches('"'),
        ))
    });
    let mut bare: Vec<_> = bare.collect();
    if bare.len() > MOST {
        bare.truncate(MOST);
        bare.push("others".into());
    }
    let list = match bare.join(", ") {
        list if list.is_empty() => list,
        list => format!(" ({list})"),
    };
    format!("is for other host names{list}; check the base URL")
}

/// Describes a fault of the issuers' certificates, if it can say more than [`describe`].
pub(super) fn of_issuers(shown: &Presented, fault: &CertificateError) -> Option<Words> {
    use CertificateError as E;
    let own = || Certificate::parse(shown.certificate);
    match fault {
        // The server's own certificate was checked before, so the fault is an issuer's.
        E::ExpiredContext { .. }
        | E::NotValidYetContext { .. }
        | E::InvalidPurposeContext { .. } => Some(of_certificate(
            "the certificate of an issuer of its certificate",
            fault,
        )),
        E::UnknownIssuer | E::BadSignature if shown.issuers.is_empty() && own()?.is_self_issued() => {
            Some("its certificate is self-signed, not issued by an authority; if it is the right one, \
                 put it into a CA file".into())
        }
        E::UnknownIssuer => {
            let last = shown.issuers.last().unwrap_or(shown.certificate);
            let issuer = Certificate::parse(last)?.issuer_name()?;
            Some(format!(
                "{ITS} was issued by the authority \"{issuer}\", which is not trusted here; if you \
                 trust it, put its certificate into a CA file"
            ).into())
        }
        E::BadSignature => Some("its certificate was not signed by the authority that it names; its \
                    operator must replace it, or the authority has a new certificate".into()),
        _ => None,
    }
}

fn of_alert(alert: AlertDescription) -> Words {
    use AlertDescription as A;
    let hint = match alert {
        A::HandshakeFailure | A::ProtocolVersion | A::InsufficientSecurity => {
            "it may support no TLS version or cipher suite that this library accepts (TLS 1.2 and \
             1.3)"
        }
        A::UnrecognisedName => "it does not know this host name; check the base URL",
        A::CertificateRequired | A::NoCertificate | A::AccessDenied => {
            "it may require a certificate of the client, which this library does not have"
        }
        A::InternalError => "it has an internal error; try again later",
        _ => "report this to its operator",
    };
    let number = u8::from(alert);
    let name = match alert {
        A::Unknown(_) => String::new(),
        known => format!(", {}", plain(&known)),
    };
    format!("it ended the connection with TLS alert {number}{name}; {hint}").into()
}

/// A signature algorithm, from the content of its identifier in DER.
fn algorithm(id: &[u8]) -> Words {
    let oid = id
        .get(1)
        .and_then(|length| id.get(2..2 + usize::from(*length)));
    let name = match oid {
        Some([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5]) => "SHA-1 and RSA",
        Some([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4]) => "MD5 and RSA",
        Some([0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1]) => "SHA-1 and ECDSA",
        _ => "an algorithm",
    };
    name.into()
}

fn date(time: UnixTime) -> String {
    let time = UNIX_EPOCH.checked_add(Duration::from_secs(time.as_secs()));
    time.map_or_else(String::new, httpdate::fmt_http_date)
}

/// The words in the name of an enum's variant: `NoCipherSuitesInCommon` becomes "no cipher suites
/// in common".
fn plain(variant: &dyn Debug) -> String {
    let debug = format!("{variant:?}");
    let name: Vec<char> = debug
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let mut words = String::new();
    for (at, c) in name.iter().enumerate() {
        let follows_small = at > 0 && !name[at - 1].is_ascii_uppercase();
        let precedes_small = name.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if at > 0 && c.is_ascii_uppercase() && (follows_small || precedes_small) {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::pki_types::AlgorithmIdentifier;
    use rustls::{
        ContentType, ExtendedKeyPurpose, HandshakeType, InconsistentKeys, OtherError,
        PeerMisbehaved,
    };

    use super::*;

    const SHA1_RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0];

    fn other(error: impl std::error::Error + Send + Sync + 'static) -> CertificateError {
        CertificateError::Other(OtherError(Arc::new(error)))
    }

    /// All variants of rustls, and the common ones of webpki.
    #[expect(deprecated, reason = "a verifier may still return it")]
    fn faults() -> Vec<CertificateError> {
        use CertificateError as E;
        let time = UnixTime::since_unix_epoch(Duration::from_secs(1_600_000_000));
        vec![
            E::BadEncoding,
            E::Expired,
            E::ExpiredContext {
                time,
                not_after: time,
            },
            E::NotValidYet,
            E::NotValidYetContext {
                time,
                not_before: time,
            },
            E::Revoked,
            E::UnhandledCriticalExtension,
            E::UnknownIssuer,
            E::UnknownRevocationStatus,
            E::ExpiredRevocationList,
            E::ExpiredRevocationListContext {
                time,
                next_update: time,
            },
            E::BadSignature,
            E::UnsupportedSignatureAlgorithm,
            E::UnsupportedSignatureAlgorithmContext {
                signature_algorithm_id: SHA1_RSA.to_vec(),
                supported_algorithms: vec![AlgorithmIdentifier::from_slice(&[5, 0])],
            },
            E::UnsupportedSignatureAlgorithmForPublicKeyContext {
                signature_algorithm_id: vec![6, 99],
                public_key_algorithm_id: Vec::new(),
            },
            E::NotValidForName,
            E::NotValidForNameContext {
                expected: "a.example".try_into().unwrap(),
                presented: vec![
                    "DnsName(\"b.example\")".into(),
                    "IpAddress(127.0.0.1)".into(),
                ],
            },
            E::InvalidPurpose,
            E::InvalidPurposeContext {
                required: ExtendedKeyPurpose::ServerAuth,
                presented: vec![ExtendedKeyPurpose::Other(vec![1, 2])],
            },
            E::InvalidOcspResponse,
            E::ApplicationVerificationFailure,
            other(webpki::Error::CaUsedAsEndEntity),
            other(webpki::Error::EndEntityUsedAsCa),
            other(webpki::Error::NameConstraintViolation),
            other(webpki::Error::UnsupportedCertVersion),
            other(webpki::Error::PathLenConstraintViolated),
            other(webpki::Error::TrailingData(webpki::DerTypeId::Certificate)),
            other(std::io::Error::other("Text(\"of the system's\")")),
        ]
    }

    fn errors() -> Vec<Error> {
        let mut errors: Vec<_> = faults()
            .into_iter()
            .map(Error::InvalidCertificate)
            .collect();
        errors.extend((0..=255).map(|n| Error::AlertReceived(AlertDescription::from(n))));
        errors.extend([
            Error::InappropriateMessage {
                expect_types: vec![ContentType::Handshake],
                got_type: ContentType::Alert,
            },
            Error::InappropriateHandshakeMessage {
                expect_types: vec![HandshakeType::Finished],
                got_type: HandshakeType::ClientHello,
            },
            InvalidMessage::InvalidContentType.into(),
            InvalidMessage::MissingData("ServerHello").into(),
            PeerIncompatible::ServerDoesNotSupportTls12Or13.into(),
            PeerIncompatible::NoCipherSuitesInCommon.into(),
            PeerMisbehaved::SelectedUnofferedCipherSuite.into(),
            InconsistentKeys::KeyMismatch.into(),
            Error::NoCertificatesPresented,
            Error::UnsupportedNameType,
            Error::DecryptError,
            Error::EncryptError,
            Error::General("SomeCode { field: 1 }".into()),
            Error::FailedToGetCurrentTime,
            Error::FailedToGetRandomBytes,
            Error::HandshakeNotComplete,
            Error::PeerSentOversizedRecord,
            Error::NoApplicationProtocol,
            Error::BadMaxFragmentSize,
            Error::Other(OtherError(Arc::new(std::io::Error::other("x::y")))),
        ]);
        errors
    }

    /// Excludes the names of standards, which look like Rust identifiers.
    fn is_a_rust_name(word: &str) -> bool {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let mut pairs = word.as_bytes().windows(2);
        pairs.any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
    }

    #[test]
    fn no_failures_text_has_rust_identifiers() {
        for error in errors() {
            let words = describe(&error);
            let shown = format!("{error:?}: {words}");
            assert!(!words.contains(['{', '}', '[', ']', '_']), "{shown}");
            assert!(
                !words.contains("::") && !words.contains("((") && !words.contains("0x"),
                "{shown}"
            );
            assert!(!words.split(' ').any(is_a_rust_name), "{shown}");
            assert!(!words.ends_with('.') && !words.contains("  "), "{shown}");
            assert!(words.len() < 250, "{shown}");
        }
    }

    #[test]
    fn the_texts_of_tls_failures_help_a_help_desk() {
        let said = |fault: CertificateError| describe(&Error::InvalidCertificate(fault));
        let time = UnixTime::since_unix_epoch(Duration::from_secs(1_600_000_000));
        let expired = said(CertificateError::ExpiredContext {
            time,
            not_after: time,
        });
        assert!(expired.contains("expired on Sun, 13 Sep 2020"), "{expired}");
        let weak = said(CertificateError::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id: SHA1_RSA.to_vec(),
            supported_algorithms: Vec::new(),
        });
        assert!(weak.contains("signed with SHA-1 and RSA"), "{weak}");
        let named = |presented: &[&str]| {
            said(CertificateError::NotValidForNameContext {
                expected: "a.example".try_into().unwrap(),
                presented: presented.iter().map(|&name| name.to_owned()).collect(),
            })
        };
        let names = [
            "DnsName(\"b.example\")",
            "IpAddress(127.0.0.1)",
            "DnsName(\"\u{202e}c\n\")",
            "DnsName(\"d.example\")",
            "DirectoryName",
        ];
        let one = named(&names[..1]);
        assert!(one.contains("names (b.example);"), "{one}");
        let many = named(&names);
        assert!(
            many.contains("(b.example, 127.0.0.1, c , others);"),
            "{many}"
        );
        let none = named(&[]);
        assert!(none.contains("names; check"), "{none}");
        let alert = describe(&Error::AlertReceived(AlertDescription::UnknownCA));
        assert!(alert.contains("TLS alert 48, unknown ca;"), "{alert}");
        let alert = describe(&Error::AlertReceived(AlertDescription::from(200)));
        assert!(alert.contains("TLS alert 200;"), "{alert}");
    }
}

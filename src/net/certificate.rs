//! Reads the parts of a certificate that webpki does not expose: whether it may sign others, and
//! the names of its subject and issuer. A complete X.509 parser would make the library a tenth
//! larger.

use crate::redaction;

/// Parts of a certificate, each the content of a DER element.
pub(super) struct Certificate<'a> {
    is_v3: bool,
    issuer: &'a [u8],
    subject: &'a [u8],
    extensions: &'a [u8],
}

// DER tags.
const BOOLEAN: u8 = 0x01;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;

// Object identifiers.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANIZATION: &[u8] = &[0x55, 4, 10];
const KEY_USAGE: &[u8] = &[0x55, 29, 15];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 29, 19];

/// The bit keyCertSign in the first byte of a key usage.
const KEY_CERT_SIGN: u8 = 0x04;

impl<'a> Certificate<'a> {
    /// Parses a certificate; `None` for any other data.
    pub fn parse(der: &'a [u8]) -> Option<Self> {
        let mut tbs = Elements(Elements(Elements(der).expect(SEQUENCE)?).expect(SEQUENCE)?);
        let (mut tag, mut content) = tbs.next()?;
        let mut version = None;
        if tag == VERSION {
            version = Some(content);
            (tag, content) = tbs.next()?;
        }
        let _serial_number = (tag, content);
        let _signature = tbs.expect(SEQUENCE)?;
        let issuer = tbs.expect(SEQUENCE)?;
        let _validity = tbs.expect(SEQUENCE)?;
        let subject = tbs.expect(SEQUENCE)?;
        let _public_key = tbs.expect(SEQUENCE)?;
        let extensions = match tbs.find(|(tag, _)| *tag == EXTENSIONS) {
            Some((_, content)) => Elements(content).expect(SEQUENCE)?,
            None => &[],
        };
        Some(Self {
            is_v3: version == Some(&[0x02, 0x01, 0x02]),
            issuer,
            subject,
            extensions,
        })
    }

    /// True if the certificate, once trusted, may sign others. By OpenSSL's rule its basic
    /// constraints decide, or without them its key usage. Before version 3, which introduced both,
    /// it may if it is self-issued.
    pub fn may_sign(&self) -> bool {
        if !self.is_v3 {
            return self.is_self_issued();
        }
        if let Some(constraints) = self.extension(BASIC_CONSTRAINTS) {
            let constraints = Elements(constraints).expect(SEQUENCE);
            return constraints.and_then(|c| Elements(c).expect(BOOLEAN)) == Some(&[0xff]);
        }
        let usage = self.extension(KEY_USAGE);
        // The first byte is the number of unused bits.
        let bits = usage.and_then(|usage| Elements(usage).expect(BIT_STRING)?.get(1));
        bits.is_some_and(|bits| bits & KEY_CERT_SIGN != 0)
    }

    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// The issuer's common name, or else its organization, fit to be shown.
    pub fn issuer_name(&self) -> Option<String> {
        shown(self.issuer)
    }

    /// The subject's common name, or else its organization, fit to be shown.
    pub fn subject_name(&self) -> Option<String> {
        shown(self.subject)
    }

    fn extension(&self, oid: &[u8]) -> Option<&'a [u8]> {
        Elements(self.extensions).find_map(|(_, extension)| {
            let mut fields = Elements(extension);
            let is_it = fields.expect(OID)? == oid;
            // The flag "critical" may come between them.
            let (_, value) = fields.find(|(tag, _)| *tag == OCTET_STRING)?;
            is_it.then_some(value)
        })
    }
}

fn shown(name: &[u8]) -> Option<String> {
    let found = attribute(name, COMMON_NAME);
    let text = found.or_else(|| attribute(name, ORGANIZATION))?;
    let mut name = redaction::one_line(&String::from_utf8_lossy(text));
    redaction::shorten(&mut name, 64);
    Some(name).filter(|name| !name.is_empty())
}

/// The last attribute of this kind in a name.
fn attribute<'a>(name: &'a [u8], oid: &[u8]) -> Option<&'a [u8]> {
    let sets = Elements(name).filter(|(tag, _)| *tag == SET);
    let attributes = sets.flat_map(|(_, set)| Elements(set));
    let values = attributes.filter_map(|(_, attribute)| {
        let mut fields = Elements(attribute);
        let is_it = fields.expect(OID)? == oid;
        let (_, value) = fields.next()?;
        is_it.then_some(value)
    });
    values.last()
}

/// Iterates over DER elements as tag and content; ends at the first malformed one.
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// The next element's content, if it has this tag.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, content) = self.next()?;
        (found == tag).then_some(content)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (first.into(), rest),
            // The length of the length; no certificate needs more than three bytes.
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked((first & 0x7f).into())?;
                let length = bytes.iter().fold(0, |sum, &b| sum << 8 | usize::from(b));
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{
        BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair,
    };

    fn made(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "a name");
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    fn may_sign(der: &[u8]) -> bool {
        Certificate::parse(der).expect("a certificate").may_sign()
    }

    #[test]
    fn basic_constraints_decide_who_may_sign_and_without_them_the_key_usage() {
        let unconstrained = IsCa::Ca(BasicConstraints::Unconstrained);
        assert!(may_sign(&made(|p| p.is_ca = unconstrained)));
        let constrained = IsCa::Ca(BasicConstraints::Constrained(0));
        assert!(may_sign(&made(|p| p.is_ca = constrained)));
        assert!(!may_sign(&made(|p| p.is_ca = IsCa::ExplicitNoCa)));
        assert!(!may_sign(&made(|_| {})));
        let usage =
            |bits| CustomExtension::from_oid_content(&[2, 5, 29, 15], vec![BIT_STRING, 2, 2, bits]);
        assert!(may_sign(&made(
            |p| p.custom_extensions = vec![usage(KEY_CERT_SIGN)]
        )));
        assert!(!may_sign(
            &made(|p| p.custom_extensions = vec![usage(0x80)])
        ));
        assert!(!may_sign(&made(|p| {
            p.custom_extensions = vec![usage(KEY_CERT_SIGN)];
            p.is_ca = IsCa::ExplicitNoCa;
        })));
        // An empty sequence, which leaves out the default.
        let defaulted = CustomExtension::from_oid_content(&[2, 5, 29, 19], vec![0x30, 0]);
        assert!(!may_sign(&made(|p| p.custom_extensions = vec![defaulted])));
    }

    #[test]
    fn a_certificate_before_version_3_may_sign_if_it_is_its_own_issuer() {
        let v1 = |issuer: u8, subject: u8| {
            let sequence = |content: &[u8]| [&[SEQUENCE, content.len() as u8], content].concat();
            let name = |n| sequence(&[SET, 1, n]);
            let empty = || sequence(&[]);
            let names = [name(issuer), empty(), name(subject), empty()].concat();
            let tbs = sequence(&[&[2, 1, 1][..], &empty(), &names].concat());
            sequence(&tbs)
        };
        assert!(may_sign(&v1(1, 1)));
        assert!(!may_sign(&v1(1, 2)));
    }

    /// If this code refused a public root, every user would lose it.
    #[test]
    #[cfg(all(unix, not(target_vendor = "apple")))]
    fn every_root_of_the_systems_bundle_may_sign() {
        let Ok(pem) = std::fs::read("/etc/ssl/certs/ca-certificates.crt") else {
            eprintln!("SKIPPED: no bundle here");
            return;
        };
        let certificates = crate::net::roots::certificates(&pem);
        assert!(certificates.len() > 50);
        for certificate in certificates {
            let issuer = Certificate::parse(&certificate).unwrap().issuer_name();
            assert!(may_sign(&certificate), "{issuer:?}");
        }
    }

    #[test]
    fn an_issuer_is_named_by_its_common_name_or_its_organization() {
        let of = |kind: DnType, text: &str| {
            let mut params = CertificateParams::default();
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(kind, text);
            let issuer = Issuer::new(params, KeyPair::generate().unwrap());
            let key = KeyPair::generate().unwrap();
            let signed = CertificateParams::default().signed_by(&key, &issuer);
            let der = signed.unwrap().der().to_vec();
            Certificate::parse(&der).unwrap().issuer_name()
        };
        assert_eq!(of(DnType::CommonName, "Näme").as_deref(), Some("Näme"));
        assert_eq!(of(DnType::OrganizationName, "Org").as_deref(), Some("Org"));
        assert_eq!(of(DnType::CountryName, "NO"), None);
        let turned = of(DnType::CommonName, "a\u{202e}b\nc");
        assert_eq!(turned.as_deref(), Some("ab c"));
        assert_eq!(of(DnType::CommonName, &"é".repeat(100)).unwrap().len(), 64);
    }

    #[test]
    fn cut_or_garbled_data_is_not_a_certificate_and_causes_no_panic() {
        let whole = made(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
        for length in 0..whole.len() {
            assert!(Certificate::parse(&whole[..length]).is_none());
        }
        for at in 0..whole.len() {
            for byte in [0, 0x30, 0x7f, 0x80, 0x81, 0x83, 0x84, 0xff] {
                let mut garbled = whole.clone();
                garbled[at] = byte;
                if let Some(certificate) = Certificate::parse(&garbled) {
                    certificate.may_sign();
                    certificate.issuer_name();
                }
            }
        }
    }
}

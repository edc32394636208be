//! HTTPS with the certificate that the emulator makes at its start.

use crate::common::*;
use tokio_rustls::rustls::version;

#[test]
fn each_loopback_name_is_trusted_under_the_emulator_s_ca() {
    let emulator = start_with(with_https());
    for name in ["localhost", "127.0.0.1", "::1"] {
        for version in [&version::TLS12, &version::TLS13] {
            let mut stream = connect_tls(&emulator, emulator.ca_pem().unwrap(), name, version);
            ask(&mut stream);
            ask(&mut stream);
        }
    }
}

#[test]
fn another_name_is_not_trusted() {
    let emulator = start_with(with_https());
    for name in ["api.autoshares.com", "sub.localhost", "127.0.0.2"] {
        let mut stream = connect_tls(&emulator, emulator.ca_pem().unwrap(), name, &version::TLS13);
        let error = stream.conn.complete_io(&mut stream.sock).unwrap_err();
        assert!(error.to_string().contains("not valid for name"), "{error}");
    }
}

#[test]
fn the_ca_of_another_emulator_is_not_trusted() {
    let (one, other) = (start_with(with_https()), start_with(with_https()));
    let mut stream = connect_tls(&one, other.ca_pem().unwrap(), "localhost", &version::TLS13);
    let error = stream.conn.complete_io(&mut stream.sock).unwrap_err();
    assert!(
        error.to_string().contains("invalid peer certificate"),
        "{error}"
    );
}

#[test]
fn the_ca_is_one_certificate_without_its_key() {
    let emulator = start_with(with_https());
    let pem = emulator.ca_pem().unwrap();
    assert_eq!(pem.matches("-----BEGIN ").count(), 1, "{pem}");
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
}

#[test]
fn https_is_off_by_default() {
    let emulator = start();
    assert_eq!((emulator.https_url(), emulator.ca_pem()), (None, None));
}

#[test]
fn a_response_over_https_names_the_https_address() {
    let emulator = start_with(with_https());
    let mut stream = connect_tls(
        &emulator,
        emulator.ca_pem().unwrap(),
        "localhost",
        &version::TLS13,
    );
    let request = raw_question("close").replace(QUESTION, "/nowhere");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let expected = format!("'{}/nowhere'", emulator.https_url().unwrap());
    assert!(read_to_end(&mut stream).contains(&expected));
}

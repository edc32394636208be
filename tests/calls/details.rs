//! The details of a failed call name the service's identifier of the request.

use autoshares_reset::Client;
use autoshares_test_support::server::{HTTP, Opening, Script, Server, Step, http_response};

/// The details of a call that the service fails with this header field.
fn details_with(field: &str) -> String {
    let failure = http_response(&format!("500 Internal Server Error\r\n{field}"), "{}");
    let script = Script {
        opening: Opening::Well,
        steps: [Step::Read, Step::Send(failure)].into(),
    };
    let server = Server::start(HTTP, vec![script]);
    let client = Client::new(&server.config("the-app-key")).expect("good settings");
    let failed = client.secret_question("robert.zak");
    failed.expect_err("HTTP 500").details()
}

#[test]
fn the_details_name_the_failed_request_as_the_service_does() {
    for name in ["X-Request-Id", "request-id", "X-Correlation-ID"] {
        let details = details_with(&format!("{name}:  4bf92f35-77b3 \r\nX-Other: 17"));
        let line = "\nrequest identifier: 4bf92f35-77b3\n";
        assert!(details.contains(line), "{details}");
    }
    let details = details_with("X-Other: 17");
    assert!(!details.contains("request identifier"), "{details}");
}

#[test]
fn an_identifier_with_a_secret_in_it_is_redacted() {
    let details = details_with("X-Request-Id: robert%2Ezak/the-app-key/7");
    assert!(
        details.contains("\nrequest identifier: ***/***/7\n"),
        "{details}"
    );
}

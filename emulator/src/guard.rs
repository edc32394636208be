//! Keeps web pages of other hosts out. A browser on this machine can reach the emulator on behalf of any page, and such
//! a page could read the mail by DNS rebinding or send cross-site requests.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::request::Parts;
use http::uri::Authority;
use http::{StatusCode, Version, header};

use crate::reply::Reply;

/// The response to a request that another host's page may have sent, or to one that does not name its host.
pub(crate) fn refusal(request: &Parts) -> Option<Reply> {
    let hosts = || request.headers.get_all(header::HOST).iter();
    let count = hosts().count();
    if count > 1 || count == 0 && request.version == Version::HTTP_11 {
        let message = "The request came without a Host header or with several: send exactly one.";
        return Some(Reply::message(StatusCode::BAD_REQUEST, message));
    }
    let target = request.uri.authority().map(Authority::as_str);
    let mut named = hosts()
        .map(|host| host.to_str().unwrap_or_default())
        .chain(target);
    if !named.all(is_loopback) {
        let message =
            "The emulator serves this machine alone: address it as localhost, 127.0.0.1 or [::1].";
        return Some(Reply::message(StatusCode::MISDIRECTED_REQUEST, message));
    }
    let mut origins = request.headers.get_all(header::ORIGIN).iter();
    if !origins.all(|origin| origin.to_str().is_ok_and(is_loopback_origin)) {
        let message =
            "The request comes from a web page of another host: serve the page from localhost.";
        return Some(Reply::message(StatusCode::FORBIDDEN, message));
    }
    None
}

fn is_loopback_origin(origin: &str) -> bool {
    let host = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    host.is_some_and(is_loopback)
}

/// Recognises the names and addresses of the loopback interface, with or without a port. A name that merely resolves to
/// loopback is not enough: DNS rebinding uses such names.
fn is_loopback(host_and_port: &str) -> bool {
    let Ok(authority) = host_and_port.parse::<Authority>() else {
        return false;
    };
    let host = authority.host();
    let v6 = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    !host_and_port.contains('@')
        && (host
            .strip_suffix('.')
            .unwrap_or(host)
            .eq_ignore_ascii_case("localhost")
            || host
                .parse()
                .is_ok_and(|address: Ipv4Addr| address.is_loopback())
            || v6.and_then(|address| address.parse().ok()) == Some(Ipv6Addr::LOCALHOST))
}

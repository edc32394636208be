//! Compares a request that arrived with the one of a row.

use serde::Deserialize;
use serde_json::Value;

use crate::table::{Repeated, Request, Text};

/// A request as it arrived.
pub(crate) struct Arrived {
    pub method: String,
    /// Path and query as they arrived.
    pub target: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

/// The headers of every request; a row's own headers take precedence.
const ALWAYS: [(&str, Option<&str>); 5] = [
    ("host", Some("127.0.0.1:*")),
    ("et-app-key", Some("test-app-key")),
    ("accept", Some("application/json")),
    ("user-agent", Some("*")),
    ("authorization", None),
];
const WITH_A_BODY: (&str, Option<&str>) = ("content-type", Some("application/json"));

impl Arrived {
    /// The id in `/ID/path`, and the path after it.
    pub fn split_target(&self) -> (&str, &str) {
        let behind_slash = self.target.strip_prefix('/').unwrap_or(&self.target);
        let end = behind_slash.find(['/', '?']).unwrap_or(behind_slash.len());
        behind_slash.split_at(end)
    }

    /// The first difference, in words.
    pub fn difference(&self, wanted: &Request) -> Option<String> {
        let target = self.split_target().1;
        let wanted_target = wanted.target.expand();
        if self.method != wanted.method {
            return Some(differs("the method", &self.method, &wanted.method));
        }
        if target != wanted_target {
            return Some(differs("the target", target, &wanted_target));
        }
        self.header_difference(wanted)
            .or_else(|| self.body_difference(wanted.json.as_ref()))
    }

    fn header_difference(&self, wanted: &Request) -> Option<String> {
        let own = wanted
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_ref().map(Text::expand)));
        let with_a_body = wanted.json.is_some().then_some(WITH_A_BODY);
        let always = ALWAYS
            .into_iter()
            .chain(with_a_body)
            .filter(|(name, _)| !wanted.headers.contains_key(*name))
            .map(|(name, value)| (name, value.map(str::to_owned)));
        own.chain(always).find_map(|(name, value)| {
            let values: Vec<_> = self
                .headers
                .iter()
                .filter(|(given, _)| given.eq_ignore_ascii_case(name))
                .map(|(_, value)| String::from_utf8_lossy(value))
                .collect();
            let what = format!("header {name}");
            match (&*values, value) {
                ([], None) => None,
                ([], Some(value)) => Some(format!("{what} is missing, not `{value}`")),
                ([given], Some(value)) => {
                    (!fits(given, &value)).then(|| differs(&what, given, &value))
                }
                ([given], None) => Some(format!("{what} is there: `{given}`")),
                _ => Some(format!("{what} is there {} times", values.len())),
            }
        })
    }

    fn body_difference(&self, wanted: Option<&Value>) -> Option<String> {
        let shown = String::from_utf8_lossy(&self.body);
        let Some(wanted) = wanted else {
            return (!self.body.is_empty()).then(|| format!("there is a body: `{shown}`"));
        };
        let wanted = expand(wanted);
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(given) if given == wanted => None,
            Ok(_) => Some(differs("the body", &shown, &wanted.to_string())),
            Err(error) => Some(format!("the body is not JSON ({error}): `{shown}`")),
        }
    }
}

fn differs(what: &str, given: &str, wanted: &str) -> String {
    format!("{what} is `{given}`, not `{wanted}`")
}

fn fits(given: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(start) => given.len() > start.len() && given.starts_with(start),
        None => given == wanted,
    }
}

/// The expected JSON, with long strings expanded.
fn expand(json: &Value) -> Value {
    match json {
        Value::Object(object) => match Repeated::deserialize(json) {
            Ok(repeated) => Text::Repeated(repeated).expand().into(),
            Err(_) => object
                .iter()
                .map(|(name, value)| (name.clone(), expand(value)))
                .collect(),
        },
        Value::Array(array) => array.iter().map(expand).collect(),
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Request {
        serde_json::from_str(
            r#"{"method": "POST", "target": "/a?b=c", "json": {"A": {"repeat": "x", "times": 3}},
                "headers": {"user-agent": "me/*", "cookie": null}}"#,
        )
        .unwrap()
    }

    fn good() -> Arrived {
        let headers = [
            ("Host", "127.0.0.1:1"),
            ("Et-App-Key", "test-app-key"),
            ("Accept", "application/json"),
            ("User-Agent", "me/1"),
            ("Content-Type", "application/json"),
        ];
        Arrived {
            method: "POST".into(),
            target: "/the-id/a?b=c".into(),
            headers: headers.map(|(n, v)| (n.into(), v.into())).into(),
            body: br#"{"A": "xxx"}"#.into(),
        }
    }

    #[test]
    fn an_expected_request_has_no_difference() {
        assert_eq!(good().split_target(), ("the-id", "/a?b=c"));
        assert_eq!(good().difference(&wanted()), None);
    }

    #[test]
    fn every_difference_is_named() {
        type Change = fn(&mut Arrived);
        let cases: [(&str, Change); 11] = [
            ("method", |r| r.method = "PUT".into()),
            ("target", |r| r.target = "/the-id/a?b=C".into()),
            ("header user-agent", |r| r.headers[3].1 = "me/".into()),
            ("header et-app-key", |r| r.headers[1].1 = "other".into()),
            ("header host", |r| r.headers.retain(|h| h.0 != "Host")),
            ("header accept", |r| r.headers.push(r.headers[2].clone())),
            ("header content-type", |r| {
                r.headers[4].1 = "text/json".into()
            }),
            ("header authorization", |r| {
                r.headers.push(("Authorization".into(), "x".into()))
            }),
            ("header cookie", |r| {
                r.headers.push(("cookie".into(), "a=b".into()))
            }),
            ("body", |r| r.body = br#"{"A": "xxx", "B": 1}"#.into()),
            ("body is not JSON", |r| r.body.clear()),
        ];
        for (what, change) in cases {
            let mut arrived = good();
            change(&mut arrived);
            let difference = arrived.difference(&wanted()).expect(what);
            assert!(difference.contains(what), "{what}: {difference}");
        }
    }

    #[test]
    fn a_body_that_nobody_asked_for_is_a_difference() {
        let mut wanted = wanted();
        wanted.json = None;
        let difference = good().difference(&wanted).unwrap();
        assert!(difference.starts_with("there is a body"), "{difference}");
    }
}

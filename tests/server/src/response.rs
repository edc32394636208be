//! A row's response as bytes.

use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use time::format_description::FormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use crate::table::{DateForm, HeaderValue, OneOrMore, Response, Text, Then};

const IMF: &[FormatItem] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);
const RFC850: &[FormatItem] = format_description!(
    "[weekday], [day]-[month repr:short]-[year repr:last_two] [hour]:[minute]:[second] GMT"
);
const ASCTIME: &[FormatItem] = format_description!(
    "[weekday repr:short] [month repr:short] [day padding:space] [hour]:[minute]:[second] [year]"
);

impl Response {
    /// The whole response; `files` is the folder of the files that it names.
    pub fn bytes(&self, files: &Path) -> Result<Vec<u8>> {
        if let Some(raw) = one_of([plain(&self.raw), decoded(&self.raw_base64)])? {
            let is_alone =
                self.body(files)?.is_none() && self.status.is_none() && self.headers.is_empty();
            return is_alone
                .then_some(raw)
                .ok_or_else(|| bad("a raw response has no other parts"));
        }
        let body = self.body(files)?.unwrap_or_default();
        Ok([self.header(body.len())?.into_bytes(), body].concat())
    }

    /// The fate of the connection.
    pub(crate) fn then(&self) -> Then {
        let is_raw = self.raw.is_some() || self.raw_base64.is_some();
        self.then
            .unwrap_or(if is_raw { Then::Close } else { Then::Keep })
    }

    fn body(&self, files: &Path) -> Result<Option<Vec<u8>>> {
        let file = self.body_file.as_ref().map(|name| {
            let path = files.join(name);
            fs::read(&path).map_err(|e| bad(&format!("{}: {e}", path.display())))
        });
        one_of([plain(&self.body), file, decoded(&self.body_base64)])
    }

    fn header(&self, body_size: usize) -> Result<String> {
        let mut header = format!("HTTP/1.1 {} \r\n", self.status.unwrap_or(200));
        let mut add = |name: &str, value: &str| header.extend([name, ": ", value, "\r\n"]);
        for (name, values) in &self.headers {
            let values = match values {
                OneOrMore::One(value) => std::slice::from_ref(value),
                OneOrMore::More(values) => values,
            };
            for value in values {
                add(name, &value.text()?);
            }
        }
        let names = || self.headers.keys();
        if !names().any(|name| name.eq_ignore_ascii_case("content-type")) {
            add("Content-Type", "application/json");
        }
        add("Content-Length", &body_size.to_string());
        if self.then() == Then::Close {
            add("Connection", "close");
        }
        header.push_str("\r\n");
        Ok(header)
    }
}

impl HeaderValue {
    fn text(&self) -> Result<String> {
        let (seconds, form) = match self {
            Self::Text(text) => return Ok(text.expand()),
            Self::Date {
                seconds_from_now,
                form,
            } => (*seconds_from_now, form),
        };
        let date = OffsetDateTime::now_utc().checked_add(Duration::seconds(seconds));
        let date = date.ok_or_else(|| bad("a date is out of range"))?;
        let form = match form {
            DateForm::Imf => IMF,
            DateForm::Rfc850 => RFC850,
            DateForm::Asctime => ASCTIME,
            DateForm::Unix => return Ok(date.unix_timestamp().to_string()),
        };
        date.format(form).map_err(|e| bad(&e.to_string()))
    }
}

fn plain(text: &Option<Text>) -> Option<Result<Vec<u8>>> {
    Some(Ok(text.as_ref()?.expand().into_bytes()))
}

fn decoded(text: &Option<String>) -> Option<Result<Vec<u8>>> {
    Some(
        BASE64
            .decode(text.as_ref()?)
            .map_err(|e| bad(&e.to_string())),
    )
}

fn one_of<const N: usize>(given: [Option<Result<Vec<u8>>>; N]) -> Result<Option<Vec<u8>>> {
    let mut given = given.into_iter().flatten();
    match (given.next(), given.next()) {
        (first, None) => first.transpose(),
        _ => Err(bad("its bytes are given twice")),
    }
}

fn bad(why: &str) -> Error {
    Error::new(ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_the_three_forms_of_http() {
        let date = OffsetDateTime::from_unix_timestamp(784_111_777).unwrap();
        for (form, expected) in [
            (IMF, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (RFC850, "Sunday, 06-Nov-94 08:49:37 GMT"),
            (ASCTIME, "Sun Nov  6 08:49:37 1994"),
        ] {
            assert_eq!(date.format(form).unwrap(), expected);
        }
    }
}

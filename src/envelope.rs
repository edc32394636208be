//! The JSON objects in the service's responses: its envelope and its error bodies.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Code;
use crate::redaction::ServiceText;
use crate::secret::Secret;

/// Any JSON object, with its known fields. Values stay raw, so that one of an undocumented type is
/// ignored and the others are still read.
#[derive(Default)]
pub(crate) struct Object<'a> {
    model: Option<&'a RawValue>,
    errors: Option<&'a RawValue>,
    errors_code: Option<&'a RawValue>,
    status_code: Option<&'a RawValue>,
    model_state: Option<&'a RawValue>,
    is_succeed: Option<&'a RawValue>,
    /// `Message` and `message`; `Error` and `error`: errors outside the envelope spell them so.
    message: Vec<&'a RawValue>,
    reason: Vec<&'a RawValue>,
    error: Vec<&'a RawValue>,
}

/// Names in PascalCase or camelCase. A renamed variant and its alias are one name to serde, so
/// `IsSucceed` beside `isSucceed` counts as given twice.
#[derive(serde::Deserialize)]
#[serde(field_identifier)]
enum Name {
    #[serde(rename = "Model", alias = "model")]
    Model,
    #[serde(rename = "Errors", alias = "errors")]
    Errors,
    #[serde(rename = "ErrorsCode", alias = "errorsCode")]
    ErrorsCode,
    #[serde(rename = "StatusCode", alias = "statusCode")]
    StatusCode,
    #[serde(rename = "ModelState", alias = "modelState")]
    ModelState,
    #[serde(rename = "IsSucceed", alias = "isSucceed")]
    IsSucceed,
    #[serde(rename = "Message", alias = "message")]
    Message,
    #[serde(rename = "Reason", alias = "reason")]
    Reason,
    #[serde(rename = "Error", alias = "error")]
    Error,
    #[serde(other)]
    Unknown,
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut object = Object::default();
                while let Some(name) = map.next_key()? {
                    let slot = match name {
                        Name::Model => &mut object.model,
                        Name::Errors => &mut object.errors,
                        Name::ErrorsCode => &mut object.errors_code,
                        Name::StatusCode => &mut object.status_code,
                        Name::ModelState => &mut object.model_state,
                        Name::IsSucceed => &mut object.is_succeed,
                        Name::Message => {
                            object.message.push(map.next_value()?);
                            continue;
                        }
                        Name::Reason => {
                            object.reason.push(map.next_value()?);
                            continue;
                        }
                        Name::Error => {
                            object.error.push(map.next_value()?);
                            continue;
                        }
                        Name::Unknown => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    if slot.replace(map.next_value()?).is_some() {
                        return Err(A::Error::custom("a name of the envelope is given twice"));
                    }
                }
                Ok(object)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// The value, if it is of the requested type.
fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// The value, if its first character fits the type. For another type serde makes an error, which
/// costs more time than the rest of the response.
fn parse_at<'a, T: Deserialize<'a>>(first: char, raw: &'a RawValue) -> Option<T> {
    raw.get().starts_with(first).then(|| parse(raw)).flatten()
}

fn strings(raw: &RawValue) -> Vec<String> {
    let list: Vec<&RawValue> = parse_at('[', raw).unwrap_or_default();
    list.into_iter().filter_map(parse).collect()
}

#[expect(clippy::ptr_arg, reason = "it filters strings")]
fn has_text(sentence: &String) -> bool {
    !ServiceText::new(sentence).is_empty()
}

fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

impl Object<'_> {
    /// A boolean `IsSucceed` makes an object an envelope.
    pub fn is_succeed(&self) -> Option<bool> {
        self.is_succeed.and_then(parse)
    }

    /// The `Model` as text; `None` if it is absent or null.
    pub fn model(&self) -> Result<Option<Secret>, Code> {
        let Some(raw) = self.model.filter(|raw| !is_null(raw)) else {
            return Ok(None);
        };
        let text: String = parse(raw).ok_or(Code::InvalidResponse)?;
        Ok(Some(text.into()))
    }

    pub fn has_code(&self, code: &str) -> bool {
        self.codes().iter().any(|given| given == code)
    }

    /// `ErrorsCode`, a list or a bare string.
    fn codes(&self) -> Vec<String> {
        let Some(raw) = self.errors_code else {
            return Vec::new();
        };
        match parse_at('"', raw) {
            Some(single) => vec![single],
            None => strings(raw),
        }
    }

    /// The first of the service's own codes.
    pub fn service_code(&self) -> Option<ServiceText> {
        let code = self.codes().into_iter().next();
        let code = code.or_else(|| {
            self.error
                .iter()
                .find_map(|raw| parse::<Nested>(raw)?.code())
        });
        code.as_deref().map(ServiceText::new)
    }

    /// True if `Errors`, `ErrorsCode` or `ModelState` holds anything.
    pub fn has_errors(&self) -> bool {
        let list_holds = |raw: &RawValue| {
            !is_null(raw) && parse::<Vec<IgnoredAny>>(raw).is_none_or(|list| !list.is_empty())
        };
        let object_holds = |raw: &RawValue| {
            !is_null(raw) && parse::<Fields>(raw).is_none_or(|fields| !fields.0.is_empty())
        };
        self.errors.is_some_and(list_holds)
            || self.errors_code.is_some_and(list_holds)
            || self.model_state.is_some_and(object_holds)
    }

    pub fn error_mentions(&self, words: &str) -> bool {
        let texts = self.error.iter().filter_map(|raw| parse::<String>(raw));
        texts
            .map(|text| text.to_lowercase())
            .any(|text| text.contains(words))
    }

    /// The reason that a gateway gives.
    pub fn reason(&self) -> Option<ServiceText> {
        let mut said = self.reason.iter().filter_map(|raw| parse(raw));
        said.find(has_text).map(|text| ServiceText::join([text]))
    }

    /// The service's sentences: those about the whole request, then those about single fields.
    pub fn sentences(&self) -> ServiceText {
        let mut list = self.errors.map(strings).unwrap_or_default();
        list.retain(has_text);
        if list.is_empty() {
            let plain = self.message.iter().chain(&self.error);
            let nested = self
                .error
                .iter()
                .filter_map(|raw| parse::<Nested>(raw)?.message());
            let said = plain.filter_map(|raw| parse(raw)).chain(nested);
            list = said.filter(has_text).take(1).collect();
        }
        if let Some(Fields(fields)) = self.model_state.and_then(parse) {
            list.extend(fields.into_iter().flat_map(strings));
        }
        ServiceText::join(list)
    }
}

/// An `Error` that is an object.
#[derive(serde::Deserialize)]
struct Nested<'a> {
    #[serde(borrow, rename = "Code", alias = "code")]
    code: Option<&'a RawValue>,
    #[serde(borrow, rename = "Message", alias = "message")]
    message: Option<&'a RawValue>,
}

impl Nested<'_> {
    fn code(&self) -> Option<String> {
        self.code.and_then(parse)
    }

    fn message(&self) -> Option<String> {
        self.message.and_then(parse)
    }
}

/// The values of an object in their order, whatever their names.
struct Fields<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values;

        impl<'de> Visitor<'de> for Values {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut values = Vec::new();
                while map.next_key::<IgnoredAny>()?.is_some() {
                    values.push(map.next_value()?);
                }
                Ok(Fields(values))
            }
        }

        deserializer.deserialize_map(Values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_without_words_leaves_its_place_to_the_next() {
        let object = |json| serde_json::from_str::<Object>(json).expect("an object");
        for json in [
            r#"{"Errors": [" ", "\u0001"], "Message": "Denied."}"#,
            r#"{"Message": " ", "Error": "Denied."}"#,
            r#"{"Error": {"Message": ""}, "error": "Denied."}"#,
        ] {
            let sentences = object(json).sentences();
            assert_eq!(sentences.redact(&[], 100), "Denied.", "{json}");
        }
        let reason = object(r#"{"Reason": " ", "reason": "Denied."}"#).reason();
        assert_eq!(reason.expect("a reason").redact(&[], 100), "Denied.");
    }
}

//! Converts C's pointers to Rust's references, and handles NULL.

use std::ffi::{CStr, c_char};

use crate::argument;
use crate::error::Error;

/// The bytes of a C string; `None` for NULL.
///
/// # Safety
/// `text` must be NULL or point to a NUL-terminated string that does not change during `'a`.
pub(super) unsafe fn bytes<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: it is not NULL, and the caller promises the rest.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A required argument.
///
/// # Safety
/// As for [`bytes`].
pub(super) unsafe fn required<'a>(text: *const c_char, name: &str) -> Result<&'a str, Error> {
    // SAFETY: the caller's promise is passed on.
    let text = unsafe { optional(text, name) }?;
    text.ok_or_else(|| argument::missing(name))
}

/// An argument that may be NULL.
///
/// # Safety
/// As for [`bytes`].
pub(super) unsafe fn optional<'a>(
    text: *const c_char,
    name: &str,
) -> Result<Option<&'a str>, Error> {
    // SAFETY: the caller's promise is passed on.
    unsafe { bytes(text) }
        .map(|bytes| utf8(bytes, name))
        .transpose()
}

/// The text in these bytes.
pub(super) fn utf8<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str, Error> {
    std::str::from_utf8(bytes).map_err(|_| match bytes.starts_with(NUL) {
        true => argument::holds_nul(name),
        false => argument::not_utf8(name),
    })
}

/// U+0000 in Java's modified UTF-8. A wrapper passes it in place of a text that no C string can
/// carry.
const NUL: &[u8] = b"\xc0\x80";

/// Turns a value into a handle that the caller owns.
pub(super) fn into_handle<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Drops the value of a handle; does nothing for NULL.
///
/// # Safety
/// `handle` must be NULL or come from [`into_handle`], and must not be used again.
pub(super) unsafe fn free_handle<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: it came from a Box, and the caller does not use it again.
        super::guard::contain(|| drop(unsafe { Box::from_raw(handle) }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr;
    use std::rc::Rc;

    #[test]
    fn a_text_is_told_apart_from_null_and_from_invalid_utf8() {
        let message = |text: *const c_char| {
            // SAFETY: NULL or a C string.
            unsafe { required(text, "The code") }
                .unwrap_err()
                .to_string()
        };
        // SAFETY: NULL or C strings.
        unsafe {
            assert_eq!(bytes(c"".as_ptr()), Some(&b""[..]));
            assert_eq!(bytes(ptr::null()), None);
            assert_eq!(required(c"\u{e9}".as_ptr(), "The code").unwrap(), "\u{e9}");
            assert_eq!(optional(ptr::null(), "The answer").unwrap(), None);
        }
        assert_eq!(message(ptr::null()), "The code is missing.");
        let broken = c"\xff".as_ptr();
        assert_eq!(message(broken), "The code is not valid UTF-8.");
        let nul = c"\xc0\x80".as_ptr();
        assert_eq!(message(nul), "The code contains a null character.");
    }

    #[test]
    fn freeing_a_handle_drops_its_value() {
        let value = Rc::new(());
        let handle = into_handle(Rc::clone(&value));
        assert_eq!(Rc::strong_count(&value), 2);
        // SAFETY: the handle is freed once; NULL is allowed.
        unsafe {
            free_handle(handle);
            free_handle::<()>(ptr::null_mut());
        }
        assert_eq!(Rc::strong_count(&value), 1);
    }
}

//! Reads the environment variables that choose trusted certificates and proxies.

use std::ffi::OsString;

use super::sys;

/// The value of a variable. A process with raised privileges sees none: its parent has set
/// them, and must not choose whom it trusts.
pub(super) fn variable(name: &str) -> Option<OsString> {
    if sys::is_privileged() {
        return None;
    }
    std::env::var_os(name)
}

//! Reads the environment variables that choose trusted certificates and proxies.

use std::ffi::OsString;

use super::sys;

/// The value of a variable; `None` in a process with raised privileges, because its parent sets the
/// variables and must not choose whom it trusts.
pub(super) fn variable(name: &str) -> Option<OsString> {
    if sys::is_privileged() {
        return None;
    }
    std::env::var_os(name)
}

//! Keeps the names that RFC 2606 reserves for tests from name servers: the function below takes the
//! place of the C library's in the test's program, where they are unknown at once.
#![cfg(unix)]

use std::ffi::{CStr, c_char, c_int};

use libc::addrinfo;

type LookUp = unsafe extern "C" fn(
    *const c_char,
    *const c_char,
    *const addrinfo,
    *mut *mut addrinfo,
) -> c_int;

/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn getaddrinfo(
    node: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    found: *mut *mut addrinfo,
) -> c_int {
    if !node.is_null() {
        // SAFETY: the caller's string ends with a NUL.
        let name = unsafe { CStr::from_ptr(node) }
            .to_bytes()
            .to_ascii_lowercase();
        let reserved: [&[u8]; 3] = [b".invalid", b".example", b".test"];
        if reserved.iter().any(|end| name.ends_with(end)) {
            return libc::EAI_NONAME;
        }
    }
    // SAFETY: the name ends with a NUL; the C library's function has this type.
    let real: LookUp = unsafe {
        let real = libc::dlsym(libc::RTLD_NEXT, c"getaddrinfo".as_ptr());
        assert!(!real.is_null());
        std::mem::transmute(real)
    };
    // SAFETY: the arguments are passed on unchanged.
    unsafe { real(node, service, hints, found) }
}

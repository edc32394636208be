//! Settings.

use std::ffi::c_char;

use zeroize::Zeroizing;

use super::pointer::{bytes, free_handle, into_handle, utf8};
use crate::argument::Text;
use crate::config::Unchecked;
use crate::error::Error;

/// Opaque: settings of a client. One thread at a time. asr_client_new() checks them; its error names
/// the first bad setting.
pub struct asr_config(pub(super) Unchecked<CText>);

/// Makes settings from the two required ones, with defaults for the others.
///
/// @param base_url  The service's URL: `ASR_BASE_URL_PRODUCTION`, `ASR_BASE_URL_SANDBOX` or a
///                  broker's own, with or without a path and a slash at the end, but without the
///                  version: the library appends `/v1.0` and refuses a URL that ends in it.
///                  https://, or http:// if asr_config_set_allow_http() allows it. Write a host
///                  name that is not ASCII in punycode.
/// @param app_key   The key that the broker's administrator gave to the calling program. A secret.
///
/// Both are copied. asr_client_new() refuses settings in which one of them is NULL.
///
/// @return Never NULL; free it with asr_config_free(). From any thread.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn asr_config_new(
    base_url: *const c_char,
    app_key: *const c_char,
) -> *mut asr_config {
    // SAFETY: the caller gives NULL or C strings.
    into_handle(asr_config(unsafe { unchecked(base_url, app_key) }))
}

/// Sets the API version in the path, without its `v`: letters, digits and single dots.
///
/// @param config   Settings; NULL does nothing.
/// @param version  Copied; NULL restores the default, "1.0".
///
/// From any thread, while no other thread uses the settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_config_set_api_version(
    config: *mut asr_config,
    version: *const c_char,
) {
    // SAFETY: the caller gives NULL or a handle, and NULL or a C string.
    unsafe { set(config, |config| config.api_version = CText::copy(version)) };
}

/// Sets the time that a whole call may take.
///
/// @param config        Settings; NULL does nothing.
/// @param milliseconds  Default 30000; 0 is invalid.
///
/// From any thread, while no other thread uses the settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_config_set_timeout_ms(config: *mut asr_config, milliseconds: u32) {
    // SAFETY: the caller gives NULL or a handle.
    unsafe { set(config, |config| config.timeout_ms = milliseconds) };
}

/// Sets the time that look-up, connect, proxy and TLS handshake may take together. It is part of
/// the time of the whole call.
///
/// The library races several addresses of the service (or the proxy) as RFC 8305 describes: IPv4
/// and IPv6 take turns, the next attempt starts 250 ms after the last one or at once when one
/// fails, and the first address that connects is used. It is tried first the next time.
///
/// @param config        Settings; NULL does nothing.
/// @param milliseconds  Default 10000; 0 is invalid.
///
/// From any thread, while no other thread uses the settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_config_set_connect_timeout_ms(
    config: *mut asr_config,
    milliseconds: u32,
) {
    // SAFETY: the caller gives NULL or a handle.
    unsafe { set(config, |config| config.connect_timeout_ms = milliseconds) };
}

/// Sets a file with the certificates to trust, in PEM form, instead of the system's. A certificate
/// that may sign others (CA:TRUE) is trusted as an authority. Each certificate is also trusted as a
/// server's certificate, for the names in it and within its dates, even if it is self-signed.
///
/// @param config  Settings; NULL does nothing.
/// @param path    A regular file, of which the first 16 MiB are read. UTF-8 on every system; on
///                Windows convert it with WideCharToMultiByte(CP_UTF8, ...). Copied. NULL restores
///                the default, the system's trust store; on Linux and similar systems
///                `SSL_CERT_FILE` and `SSL_CERT_DIR` replace that if they are set.
///
/// A program that runs with raised privileges (set-user-ID, set-group-ID, file capabilities) reads
/// no environment variable that chooses trust or a proxy.
///
/// From any thread, while no other thread uses the settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_config_set_ca_file(config: *mut asr_config, path: *const c_char) {
    // SAFETY: the caller gives NULL or a handle, and NULL or a C string.
    unsafe { set(config, |config| config.ca_file = CText::copy(path)) };
}

/// Sets certificates to trust from memory, as asr_config_set_ca_file() does from a file. If both
/// are set, the certificates of both are trusted. Since ABI version 2.
///
/// @param config  Settings; NULL does nothing.
/// @param pem     Certificates in PEM form, at most 1 MiB; copied; NULL restores the default, none.
///
/// From any thread, while no other thread uses the settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_config_set_ca_pem(config: *mut asr_config, pem: *const c_char) {
    // SAFETY: the caller gives NULL or a handle, and NULL or a C string.
    unsafe { set(config, |config| config.ca_pem = CText::copy(pem)) };
}

/// Sets the proxy: an http:// or https:// URL, which may hold a percent-encoded user name and
/// password. Connections to loopback hosts never use a proxy.
///
/// @param config  Settings; NULL does nothing.
/// @param url     Copied; "" for no proxy, whatever the environment and the system say; NULL
///                restores the default: for https `HTTPS_PROXY`, then `ALL_PROXY`, for http
///                `http_proxy`, then `ALL_PROXY`, unless `NO_PROXY` names the host. The lower-case
///                form of each name is read first. `HTTP_PROXY` is read on Windows only, where names
///                have no case. asr_client_new() reads them, once.
///
/// If the environment names no proxy, the system's settings apply on Windows and macOS: fixed
/// proxies with their exceptions, or a PAC file, configured or discovered. The library asks the
/// system when it makes a connection, within the connect timeout, and caches the result for a
/// minute. It tries several proxies in order. A PAC file that cannot be fetched or run counts as
/// none; asr_result_details() reports it. SOCKS proxies are not supported.
///
/// On Windows the library logs in by Negotiate or NTLM, as the signed-in user, to a proxy that
/// requires it, if these settings or the system's name the proxy and its URL holds no user name.
///
/// From any thread, while no other thread uses the settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_config_set_proxy(config: *mut asr_config, url: *const c_char) {
    // SAFETY: the caller gives NULL or a handle, and NULL or a C string.
    unsafe { set(config, |config| config.proxy = CText::copy(url)) };
}

/// Sets the calling program's name, which the `User-Agent` header holds before the library's own.
///
/// @param config  Settings; NULL does nothing.
/// @param name    Printable ASCII, such as "Terminal/4.2"; copied; NULL or "" restores the default,
///                the library's own name alone.
///
/// From any thread, while no other thread uses the settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_config_set_user_agent(config: *mut asr_config, name: *const c_char) {
    // SAFETY: the caller gives NULL or a handle, and NULL or a C string.
    unsafe { set(config, |config| config.user_agent = CText::copy(name)) };
}

/// Allows http:// to other machines, which exposes the key and the password to the network. http://
/// to loopback (127.0.0.0/8, [::1], localhost) is always allowed.
///
/// @param config  Settings; NULL does nothing.
/// @param yes     0, the default: no; anything else: yes.
///
/// From any thread, while no other thread uses the settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_config_set_allow_http(config: *mut asr_config, yes: i32) {
    // SAFETY: the caller gives NULL or a handle.
    unsafe { set(config, |config| config.allow_http = yes != 0) };
}

/// Frees settings and wipes the key. A client that was made from them is not affected.
///
/// @param config  Settings that are not freed yet; or NULL, which does nothing.
///
/// From any thread, while no other thread uses the settings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_config_free(config: *mut asr_config) {
    // SAFETY: NULL, or from asr_config_new, and given up by the caller.
    unsafe { free_handle(config) };
}

/// # Safety
/// Both must be NULL or C strings.
pub(super) unsafe fn unchecked(
    base_url: *const c_char,
    app_key: *const c_char,
) -> Unchecked<CText> {
    // SAFETY: the caller's promise.
    unsafe { Unchecked::new(CText::copy(base_url), CText::copy(app_key)) }
}

/// A copy of a C string, which asr_client_new() checks. It is wiped when it is dropped.
pub(super) struct CText(Zeroizing<Vec<u8>>);

impl CText {
    /// `None` for NULL.
    ///
    /// # Safety
    /// `text` must be NULL or a C string.
    unsafe fn copy(text: *const c_char) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe { bytes(text) }.map(|bytes| Self(Zeroizing::new(bytes.to_vec())))
    }
}

impl Text for CText {
    fn read(&self, name: &str) -> Result<&str, Error> {
        utf8(&self.0, name)
    }
}

/// # Safety
/// `config` must be NULL or a handle that no other thread uses.
unsafe fn set(config: *mut asr_config, change: impl FnOnce(&mut Unchecked<CText>)) {
    // SAFETY: the caller's promise.
    if let Some(config) = unsafe { config.as_mut() } {
        super::guard::contain(|| change(&mut config.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr;
    use std::sync::Barrier;

    #[test]
    fn settings_are_made_changed_and_freed() {
        // SAFETY: NULL, C strings, and one handle, which is freed once.
        unsafe {
            let config = asr_config_new(c"https://broker.example".as_ptr(), c"key".as_ptr());
            asr_config_set_api_version(config, c"2.0".as_ptr());
            asr_config_set_timeout_ms(config, 1000);
            asr_config_set_connect_timeout_ms(config, 500);
            asr_config_set_ca_file(config, c"/etc/ca.pem".as_ptr());
            asr_config_set_proxy(config, c"http://user:word@proxy.example".as_ptr());
            asr_config_set_user_agent(config, c"Terminal/4.2".as_ptr());
            asr_config_set_allow_http(config, 1);
            asr_config_set_proxy(config, ptr::null());
            asr_config_set_api_version(config, ptr::null());
            asr_config_free(config);
        }
    }

    #[test]
    fn null_and_invalid_utf8_are_accepted_until_the_client_is_made() {
        let broken = c"\xff\xfe".as_ptr();
        // SAFETY: NULL, a C string, and handles, each of which is freed once.
        unsafe {
            asr_config_free(asr_config_new(ptr::null(), broken));
            asr_config_free(asr_config_new(broken, ptr::null()));
            asr_config_set_timeout_ms(ptr::null_mut(), 1);
            asr_config_set_proxy(ptr::null_mut(), broken);
            asr_config_free(ptr::null_mut());
        }
    }

    /// Run alone, to show that a race detector works.
    #[test]
    #[ignore = "does what the header forbids"]
    fn two_threads_race_for_settings() {
        // SAFETY: a C string each; the handle is freed once, after both threads.
        let config = unsafe { asr_config_new(c"https://broker.example".as_ptr(), c"key".as_ptr()) };
        let address = config as usize;
        let (begin, end) = (Barrier::new(2), Barrier::new(2));
        let race = || {
            begin.wait();
            // SAFETY: the handle is alive. That another thread uses it is the race.
            unsafe { asr_config_set_timeout_ms(address as *mut asr_config, 1) };
            // The detector forgets the accesses of a thread that has ended.
            end.wait();
        };
        std::thread::scope(|scope| {
            scope.spawn(race);
            scope.spawn(race);
        });
        // SAFETY: both threads have ended.
        unsafe { asr_config_free(config) };
    }
}

//! Calls the functions of Windows (WinHTTP) that list its proxies.

use std::ffi::c_void;
use std::{io, ptr};

use windows_sys::Win32::Foundation::GlobalFree;
use windows_sys::Win32::Networking::WinHttp::{
    ERROR_WINHTTP_LOGIN_FAILURE, WINHTTP_ACCESS_TYPE_NAMED_PROXY, WINHTTP_ACCESS_TYPE_NO_PROXY,
    WINHTTP_AUTO_DETECT_TYPE_DHCP, WINHTTP_AUTO_DETECT_TYPE_DNS_A, WINHTTP_AUTOPROXY_AUTO_DETECT,
    WINHTTP_AUTOPROXY_CONFIG_URL, WINHTTP_AUTOPROXY_OPTIONS, WINHTTP_CURRENT_USER_IE_PROXY_CONFIG,
    WINHTTP_PROXY_INFO, WinHttpCloseHandle, WinHttpGetDefaultProxyConfiguration,
    WinHttpGetIEProxyConfigForCurrentUser, WinHttpGetProxyForUrl, WinHttpOpen,
};

use crate::net::system_proxy::windows::{self, Configured};

pub struct WinHttp;

impl windows::WinHttp for WinHttp {
    fn users(&self) -> io::Result<Configured> {
        let mut found = WINHTTP_CURRENT_USER_IE_PROXY_CONFIG::default();
        // SAFETY: the call writes to it, and it is borrowed until the call is over.
        succeeded(unsafe { WinHttpGetIEProxyConfigForCurrentUser(&mut found) })?;
        // SAFETY: the call has filled it, and the caller owns these texts.
        unsafe {
            Ok(Configured {
                discovers: found.fAutoDetect != 0,
                script: taken(found.lpszAutoConfigUrl),
                proxies: taken(found.lpszProxy),
                exceptions: taken(found.lpszProxyBypass),
            })
        }
    }

    fn machines(&self) -> io::Result<Configured> {
        let mut found = WINHTTP_PROXY_INFO::default();
        // SAFETY: the call writes to it, and it is borrowed until the call is over.
        succeeded(unsafe { WinHttpGetDefaultProxyConfiguration(&mut found) })?;
        let (proxies, exceptions) = info(found);
        Ok(Configured {
            proxies,
            exceptions,
            ..Configured::default()
        })
    }

    fn by_script(&self, url: &str, script: Option<&str>) -> io::Result<Option<String>> {
        let session = Session::open()?;
        // The user's login goes to the script's server only if that requires one: without it
        // Windows can take the result from another process.
        match session.proxy(url, script, false) {
            Err(e) if e.raw_os_error() == Some(ERROR_WINHTTP_LOGIN_FAILURE as i32) => {
                session.proxy(url, script, true)
            }
            outcome => outcome,
        }
    }
}

struct Session(*mut c_void);

impl Session {
    fn open() -> io::Result<Self> {
        // SAFETY: NULL is allowed for all three texts.
        let handle = unsafe {
            WinHttpOpen(
                ptr::null(),
                WINHTTP_ACCESS_TYPE_NO_PROXY,
                ptr::null(),
                ptr::null(),
                0,
            )
        };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(Self(handle))
    }

    fn proxy(&self, url: &str, script: Option<&str>, logs_in: bool) -> io::Result<Option<String>> {
        let url = wide(url);
        let script = script.map(wide);
        let mut options = WINHTTP_AUTOPROXY_OPTIONS {
            fAutoLogonIfChallenged: logs_in.into(),
            ..Default::default()
        };
        match &script {
            Some(script) => {
                options.dwFlags = WINHTTP_AUTOPROXY_CONFIG_URL;
                options.lpszAutoConfigUrl = script.as_ptr();
            }
            None => {
                options.dwFlags = WINHTTP_AUTOPROXY_AUTO_DETECT;
                options.dwAutoDetectFlags =
                    WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A;
            }
        }
        let mut found = WINHTTP_PROXY_INFO::default();
        // SAFETY: the session is open, both texts end in a NUL, and all arguments are borrowed
        // until the call is over.
        succeeded(unsafe {
            WinHttpGetProxyForUrl(self.0, url.as_ptr(), &mut options, &mut found)
        })?;
        Ok(info(found).0)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: it is open, and is not used again.
        unsafe { WinHttpCloseHandle(self.0) };
    }
}

fn succeeded(result: i32) -> io::Result<()> {
    match result {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The proxies and the exceptions, if any proxy is named.
fn info(found: WINHTTP_PROXY_INFO) -> (Option<String>, Option<String>) {
    // SAFETY: a call has filled it, and the caller owns these texts.
    let texts = unsafe { (taken(found.lpszProxy), taken(found.lpszProxyBypass)) };
    match found.dwAccessType {
        WINHTTP_ACCESS_TYPE_NAMED_PROXY => texts,
        _ => (None, None),
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// Takes a text that Windows allocated for the caller.
///
/// # Safety
/// `text` must be NULL, or a NUL-terminated text that the caller must free and that is used nowhere
/// else.
unsafe fn taken(text: *mut u16) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller's promise: all units up to the NUL can be read.
    let units = unsafe {
        let length = (0..).take_while(|place| *text.add(*place) != 0).count();
        std::slice::from_raw_parts(text, length)
    };
    let copy = String::from_utf16_lossy(units);
    // SAFETY: the caller's promise. The units are not used again.
    unsafe { GlobalFree(text.cast()) };
    Some(copy)
}

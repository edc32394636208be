//! Calls the functions of macOS that list its proxies.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr;
use std::time::Duration;

use core_foundation::array::{CFArray, CFArrayRef};
use core_foundation::base::{CFType, TCFType, kCFAllocatorDefault};
use core_foundation::dictionary::{CFDictionary, CFDictionaryRef};
use core_foundation::error::{CFError, CFErrorRef};
use core_foundation::number::CFNumber;
use core_foundation::runloop::{
    CFRunLoop, CFRunLoopSource, CFRunLoopSourceInvalidate, CFRunLoopSourceRef,
};
use core_foundation::string::{CFString, CFStringRef};
use core_foundation::url::{CFURL, CFURLCreateWithString, CFURLRef};

use crate::net::system_proxy::macos::{self, Listed};

type Way = CFDictionary<CFString, CFType>;

type Finished = extern "C" fn(*mut c_void, CFArrayRef, CFErrorRef);

#[repr(C)]
struct CFStreamClientContext {
    version: isize,
    info: *mut c_void,
    retain: *const c_void,
    release: *const c_void,
    copy_description: *const c_void,
}

#[link(name = "CFNetwork", kind = "framework")]
unsafe extern "C" {
    static kCFProxyTypeKey: CFStringRef;
    static kCFProxyTypeNone: CFStringRef;
    static kCFProxyTypeHTTP: CFStringRef;
    static kCFProxyTypeHTTPS: CFStringRef;
    static kCFProxyTypeAutoConfigurationURL: CFStringRef;
    static kCFProxyHostNameKey: CFStringRef;
    static kCFProxyPortNumberKey: CFStringRef;
    static kCFProxyAutoConfigurationURLKey: CFStringRef;

    fn CFNetworkCopySystemProxySettings() -> CFDictionaryRef;
    fn CFNetworkCopyProxiesForURL(url: CFURLRef, settings: CFDictionaryRef) -> CFArrayRef;
    fn CFNetworkExecuteProxyAutoConfigurationURL(
        script: CFURLRef,
        url: CFURLRef,
        finished: Finished,
        context: *mut CFStreamClientContext,
    ) -> CFRunLoopSourceRef;
}

/// The longest time that the thread waits for a script. Its call has timed out long before.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct CfNetwork;

impl macos::CfNetwork for CfNetwork {
    type Error = String;

    fn ways(&self, url: &str) -> Vec<Listed> {
        let Some(url) = cf_url(url) else {
            return Vec::new();
        };
        // SAFETY: the caller owns the copy, which is checked for NULL.
        let ways = unsafe {
            let settings = CFNetworkCopySystemProxySettings();
            if settings.is_null() {
                return Vec::new();
            }
            let settings = <CFDictionary>::wrap_under_create_rule(settings);
            let ways = CFNetworkCopyProxiesForURL(
                url.as_concrete_TypeRef(),
                settings.as_concrete_TypeRef(),
            );
            if ways.is_null() {
                return Vec::new();
            }
            CFArray::<Way>::wrap_under_create_rule(ways)
        };
        listed(&ways)
    }

    fn by_script(&self, url: &str, script: &str) -> Result<Vec<Listed>, String> {
        let unusable = || "it has no usable URL".to_owned();
        let url = cf_url(url).ok_or_else(unusable)?;
        let script = cf_url(script).ok_or_else(unusable)?;
        let outcome = Outcome::default();
        let mut context = CFStreamClientContext {
            version: 0,
            info: ptr::from_ref(&outcome).cast_mut().cast(),
            retain: ptr::null(),
            release: ptr::null(),
            copy_description: ptr::null(),
        };
        // SAFETY: both URLs and the context are alive. The caller owns the result, which is checked
        // for NULL.
        let source = unsafe {
            let source = CFNetworkExecuteProxyAutoConfigurationURL(
                script.as_concrete_TypeRef(),
                url.as_concrete_TypeRef(),
                finished,
                &mut context,
            );
            if source.is_null() {
                return Err("it cannot be used".into());
            }
            CFRunLoopSource::wrap_under_create_rule(source)
        };
        // A run loop mode that only this library uses.
        let mode = CFString::from_static_string("autoshares-reset.proxy");
        let run_loop = CFRunLoop::get_current();
        run_loop.add_source(&source, mode.as_concrete_TypeRef());
        CFRunLoop::run_in_mode(mode.as_concrete_TypeRef(), PATIENCE, false);
        // After this, `finished` is not called any more. It would write to `outcome`.
        // SAFETY: the source is alive.
        unsafe { CFRunLoopSourceInvalidate(source.as_concrete_TypeRef()) };
        let outcome = outcome.into_inner();
        outcome.unwrap_or_else(|| Err("it did not arrive within a minute".into()))
    }
}

type Outcome = RefCell<Option<Result<Vec<Listed>, String>>>;

/// Called by the run loop of the thread that waits for it, with a list or with an error.
extern "C" fn finished(outcome: *mut c_void, ways: CFArrayRef, error: CFErrorRef) {
    let found = if ways.is_null() {
        let number = match error.is_null() {
            true => 0,
            // SAFETY: it is an error, which the run loop owns.
            false => unsafe { CFError::wrap_under_get_rule(error) }.code(),
        };
        Err(format!(
            "it cannot be fetched or run (system error {number})"
        ))
    } else {
        // SAFETY: it is a list of dictionaries, which the run loop owns.
        Ok(listed(&unsafe { CFArray::wrap_under_get_rule(ways) }))
    };
    // SAFETY: `by_script` passed this address, and waits on this same thread.
    unsafe { &*outcome.cast::<Outcome>() }.replace(Some(found));
    CFRunLoop::get_current().stop();
}

fn cf_url(url: &str) -> Option<CFURL> {
    let url = CFString::new(url);
    // SAFETY: the caller owns the result, which is checked for NULL.
    unsafe {
        let url =
            CFURLCreateWithString(kCFAllocatorDefault, url.as_concrete_TypeRef(), ptr::null());
        (!url.is_null()).then(|| CFURL::wrap_under_create_rule(url))
    }
}

fn listed(ways: &CFArray<Way>) -> Vec<Listed> {
    ways.iter().filter_map(|way| one(&way)).collect()
}

/// `None` if CFNetwork returns less than it documents.
fn one(way: &Way) -> Option<Listed> {
    // SAFETY: these names are constants of the system.
    let [kind_key, none, http, https, by_url, host, port, script] = unsafe {
        [
            kCFProxyTypeKey,
            kCFProxyTypeNone,
            kCFProxyTypeHTTP,
            kCFProxyTypeHTTPS,
            kCFProxyTypeAutoConfigurationURL,
            kCFProxyHostNameKey,
            kCFProxyPortNumberKey,
            kCFProxyAutoConfigurationURLKey,
        ]
        .map(|name| CFString::wrap_under_get_rule(name))
    };
    let text = |key: &CFString| way.find(key)?.downcast::<CFString>();
    let kind = text(&kind_key)?;
    Some(if kind == none {
        Listed::Direct
    } else if kind == http || kind == https {
        let port = way.find(&port)?.downcast::<CFNumber>()?.to_i32()?;
        Listed::Proxy {
            host: text(&host)?.to_string(),
            port: port.try_into().ok()?,
        }
    } else if kind == by_url {
        let url = way.find(&script)?.downcast::<CFURL>()?;
        Listed::Script(url.get_string().to_string())
    } else {
        Listed::Socks
    })
}

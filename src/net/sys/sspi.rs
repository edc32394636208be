//! Calls the functions of Windows (SSPI) for the login of the signed-in user.

use std::ffi::c_void;
use std::{io, ptr, slice};

use windows_sys::Win32::Foundation::{SEC_E_OK, SEC_I_CONTINUE_NEEDED};
use windows_sys::Win32::Security::Authentication::Identity::{
    AcquireCredentialsHandleW, DeleteSecurityContext, FreeContextBuffer, FreeCredentialsHandle,
    ISC_REQ_ALLOCATE_MEMORY, ISC_REQ_CONNECTION, InitializeSecurityContextW, SECBUFFER_TOKEN,
    SECBUFFER_VERSION, SECPKG_CRED_OUTBOUND, SECURITY_NETWORK_DREP, SecBuffer, SecBufferDesc,
};
use windows_sys::Win32::Security::Credentials::SecHandle;

use crate::net::login::Login;

struct Sspi {
    credentials: SecHandle,
    context: Option<SecHandle>,
    /// The proxy's name as its domain knows it.
    target: Vec<u16>,
}

pub fn begin_login(scheme: &'static str, host: &str) -> io::Result<Box<dyn Login>> {
    let package = wide(scheme);
    let mut credentials = SecHandle::default();
    let mut expiry = 0;
    // SAFETY: NULL is allowed, and means the signed-in user; the name ends in a NUL; both results
    // are borrowed until the call is over.
    let result = unsafe {
        AcquireCredentialsHandleW(
            ptr::null(),
            package.as_ptr(),
            SECPKG_CRED_OUTBOUND,
            ptr::null(),
            ptr::null(),
            None,
            ptr::null(),
            &mut credentials,
            &mut expiry,
        )
    };
    if result != SEC_E_OK {
        return Err(io::Error::from_raw_os_error(result));
    }
    Ok(Box::new(Sspi {
        credentials,
        context: None,
        target: wide(&format!("HTTP/{host}")),
    }))
}

impl Login for Sspi {
    fn next(&mut self, challenge: &[u8]) -> io::Result<Vec<u8>> {
        let mut challenge = challenge.to_vec();
        let mut input = buffer(challenge.len(), challenge.as_mut_ptr().cast());
        let input = one(&mut input);
        let mut output = buffer(0, ptr::null_mut());
        let mut filled = one(&mut output);
        let old = self.context.as_ref();
        let mut new = SecHandle::default();
        let (mut attributes, mut expiry) = (0, 0);
        // SAFETY: the credentials are those that were acquired, the old context is NULL or one that
        // lives; the name ends in a NUL; all buffers are borrowed until the call is over, and have
        // the given sizes. The buffer that Windows allocates is freed below.
        let result = unsafe {
            InitializeSecurityContextW(
                &self.credentials,
                old.map_or(ptr::null(), ptr::from_ref),
                self.target.as_ptr(),
                ISC_REQ_CONNECTION | ISC_REQ_ALLOCATE_MEMORY,
                0,
                SECURITY_NETWORK_DREP,
                old.map_or(ptr::null(), |_| ptr::from_ref(&input)),
                0,
                &mut new,
                &mut filled,
                &mut attributes,
                &mut expiry,
            )
        };
        if !matches!(result, SEC_E_OK | SEC_I_CONTINUE_NEEDED) {
            return Err(io::Error::from_raw_os_error(result));
        }
        // From the second step on, the context of the first step.
        self.context = Some(new);
        if output.pvBuffer.is_null() {
            return Ok(Vec::new());
        }
        // SAFETY: Windows allocated it with this size, and the caller frees it.
        unsafe {
            let token =
                slice::from_raw_parts(output.pvBuffer.cast::<u8>(), output.cbBuffer as usize);
            let token = token.to_vec();
            FreeContextBuffer(output.pvBuffer);
            Ok(token)
        }
    }
}

impl Drop for Sspi {
    fn drop(&mut self) {
        // SAFETY: both were made by the functions above, and are not used again.
        unsafe {
            if let Some(context) = &self.context {
                DeleteSecurityContext(context);
            }
            FreeCredentialsHandle(&self.credentials);
        }
    }
}

fn buffer(size: usize, bytes: *mut c_void) -> SecBuffer {
    SecBuffer {
        cbBuffer: size as u32,
        BufferType: SECBUFFER_TOKEN,
        pvBuffer: bytes,
    }
}

fn one(buffer: &mut SecBuffer) -> SecBufferDesc {
    SecBufferDesc {
        ulVersion: SECBUFFER_VERSION,
        cBuffers: 1,
        pBuffers: buffer,
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

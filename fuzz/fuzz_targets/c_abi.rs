//! The whole C ABI as a sequence of calls with any arguments, against a server that responds with
//! any bytes: no crash, no leak (AddressSanitizer finds it), and only documented codes.
#![no_main]

use std::ffi::{CStr, CString, c_char};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::ptr;
use std::sync::{LazyLock, Mutex};

use autoshares_reset::fuzzing::*;
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

/// NULL, or a C string of up to 20 KiB, which is more than the limit of 16 KiB.
#[derive(Arbitrary, Debug)]
struct Text {
    bytes: Option<Vec<u8>>,
    times: u8,
}

impl Text {
    fn c(&self) -> Option<CString> {
        let bytes: Vec<u8> = self
            .bytes
            .as_ref()?
            .iter()
            .copied()
            .filter(|b| *b != 0)
            .collect();
        let times = if self.times == 255 {
            20 * 1024 / bytes.len().max(1)
        } else {
            1
        };
        CString::new(bytes.repeat(times)).ok()
    }
}

fn pointer(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(ptr::null(), |t| t.as_ptr())
}

#[derive(Arbitrary, Debug)]
enum Step {
    NewConfig {
        url: Option<Text>,
        key: Text,
    },
    ApiVersion(Text),
    Timeout(u8),
    ConnectTimeout(u8),
    CaFile(Text),
    Proxy(Text),
    UserAgent(Text),
    AllowHttp(i32),
    FreeConfig,
    CaPem(Text),
    NewClient {
        wants_error: bool,
    },
    FreeClient,
    NewCancel,
    Trigger,
    FreeCancel,
    Question {
        user: Text,
        response: Vec<u8>,
    },
    Reset {
        user: Text,
        with: Text,
        response: Vec<u8>,
    },
    Confirm {
        code: Text,
        response: Vec<u8>,
    },
    SetPassword {
        token: Text,
        password: Text,
        response: Vec<u8>,
    },
    Once {
        url: Option<Text>,
        key: Text,
        user: Text,
        response: Vec<u8>,
    },
    Name(i32),
}

static RESPONSE: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Responds to every connection's first bytes with `RESPONSE`, and closes it.
static SERVER: LazyLock<CString> = LazyLock::new(|| {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let url = format!("http://{}/api", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 64 * 1024];
            let _ = stream.read(&mut request);
            let response = RESPONSE.lock().expect("no panic holds it").clone();
            let _ = stream.write_all(&response);
        }
    });
    CString::new(url).expect("no NUL")
});

fn set_response(bytes: &[u8]) {
    // Half of the responses get a valid header. Otherwise no input would pass the status line.
    let mut response = Vec::new();
    match bytes.first() {
        Some(n) if n % 2 == 0 => {
            let status = [200, 400, 401, 403, 422, 429, 500, 302][usize::from(n / 2) % 8];
            let length = bytes.len() - 1;
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n");
            response.extend_from_slice(head.as_bytes());
            response.extend_from_slice(&bytes[1..]);
        }
        _ => response.extend_from_slice(bytes),
    }
    *RESPONSE.lock().expect("no panic holds it") = response;
}

unsafe fn check(result: *mut asr_result) {
    let r = unsafe { result.as_ref() }.expect("never NULL");
    let name = unsafe { CStr::from_ptr(asr_code_name(r.code)) };
    assert_ne!(name, c"ASR_UNKNOWN");
    assert_ne!(name, c"ASR_INTERNAL");
    for text in [r.question, r.token, r.message, r.service_code] {
        if !text.is_null() {
            let bytes = unsafe { CStr::from_ptr(text) }.to_bytes();
            assert!(std::str::from_utf8(bytes).is_ok());
        }
    }
    assert_eq!(r.message.is_null(), r.code < 10);
    #[cfg(planted_bug)]
    assert!(r.http_status != 422, "the planted bug");
    unsafe { asr_result_free(result) };
}

fuzz_target!(|steps: Vec<Step>| {
    let mut config: *mut asr_config = ptr::null_mut();
    let mut client: *mut asr_client = ptr::null_mut();
    let mut cancel: *mut asr_cancel = ptr::null_mut();
    let url_or_server = |url: &Option<Text>| match url {
        Some(text) => text.c(),
        None => Some(SERVER.clone()),
    };
    for step in steps.iter().take(24) {
        // SAFETY: handles are NULL or alive, strings live through their call.
        unsafe {
            match step {
                Step::NewConfig { url, key } => {
                    asr_config_free(config);
                    let (url, key) = (url_or_server(url), key.c());
                    config = asr_config_new(pointer(&url), pointer(&key));
                    // The proxy keeps every request on this machine, and avoids look-ups.
                    asr_config_set_proxy(config, c"http://127.0.0.1:1".as_ptr());
                    asr_config_set_timeout_ms(config, 200);
                }
                Step::ApiVersion(text) => asr_config_set_api_version(config, pointer(&text.c())),
                Step::Timeout(n) => asr_config_set_timeout_ms(config, (*n).into()),
                Step::ConnectTimeout(n) => asr_config_set_connect_timeout_ms(config, (*n).into()),
                Step::CaFile(text) => asr_config_set_ca_file(config, pointer(&text.c())),
                Step::CaPem(text) => asr_config_set_ca_pem(config, pointer(&text.c())),
                Step::Proxy(text) => {
                    // Checks only whether the setting is accepted.
                    let other = asr_config_new(SERVER.as_ptr(), c"key".as_ptr());
                    asr_config_set_proxy(other, pointer(&text.c()));
                    let mut error = ptr::null_mut();
                    asr_client_free(asr_client_new(other, &mut error));
                    if !error.is_null() {
                        check(error);
                    }
                    asr_config_free(other);
                }
                Step::UserAgent(text) => asr_config_set_user_agent(config, pointer(&text.c())),
                Step::AllowHttp(yes) => asr_config_set_allow_http(config, *yes),
                Step::FreeConfig => {
                    asr_config_free(config);
                    config = ptr::null_mut();
                }
                Step::NewClient { wants_error } => {
                    asr_client_free(client);
                    let mut error = ptr::dangling_mut();
                    let place = if *wants_error {
                        &mut error
                    } else {
                        ptr::null_mut()
                    };
                    client = asr_client_new(config, place);
                    if *wants_error {
                        assert_eq!(client.is_null(), !error.is_null());
                        if !error.is_null() {
                            check(error);
                        }
                    }
                }
                Step::FreeClient => {
                    asr_client_free(client);
                    client = ptr::null_mut();
                }
                Step::NewCancel => {
                    asr_cancel_free(cancel);
                    cancel = asr_cancel_new();
                }
                Step::Trigger => asr_cancel_trigger(cancel),
                Step::FreeCancel => {
                    asr_cancel_free(cancel);
                    cancel = ptr::null_mut();
                }
                Step::Question { user, response } => {
                    set_response(response);
                    check(asr_secret_question(client, pointer(&user.c()), cancel));
                }
                Step::Reset {
                    user,
                    with,
                    response,
                } => {
                    set_response(response);
                    let (user, with) = (user.c(), with.c());
                    check(asr_request_reset(
                        client,
                        pointer(&user),
                        pointer(&with),
                        cancel,
                    ));
                }
                Step::Confirm { code, response } => {
                    set_response(response);
                    check(asr_confirm_code(client, pointer(&code.c()), cancel));
                }
                Step::SetPassword {
                    token,
                    password,
                    response,
                } => {
                    set_response(response);
                    let (token, password) = (token.c(), password.c());
                    check(asr_set_password(
                        client,
                        pointer(&token),
                        pointer(&password),
                        cancel,
                    ));
                }
                Step::Once {
                    url,
                    key,
                    user,
                    response,
                } => {
                    set_response(response);
                    // Uses the server's URL or an invalid one, because others could leave this machine.
                    let url = match url {
                        Some(text) => text.c().filter(|t| !t.as_bytes().contains(&b':')),
                        None => Some(SERVER.clone()),
                    };
                    let (key, user) = (key.c(), user.c());
                    check(asr_secret_question_once(
                        pointer(&url),
                        pointer(&key),
                        pointer(&user),
                    ));
                }
                Step::Name(code) => assert!(!asr_code_name(*code).is_null()),
            }
        }
    }
    // SAFETY: as above; each is given up once.
    unsafe {
        asr_client_free(client);
        asr_config_free(config);
        asr_cancel_free(cancel);
    }
});

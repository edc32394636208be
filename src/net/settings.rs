//! The validated settings of a client.

use std::sync::Arc;
use std::time::Duration;

use ureq::http::HeaderValue;

use super::proxy::Choice;
use super::roots::Trust;
use crate::base_url::BaseUrl;

#[derive(Debug)]
pub(crate) struct Settings {
    pub base_url: BaseUrl,
    /// The base URL's path and the API version, without a slash at the end.
    pub api_path: String,
    /// Marked sensitive, which hides it in `Debug` output.
    pub app_key: HeaderValue,
    pub timeout: Duration,
    pub connect_timeout: Duration,
    /// The trusted certificates; `None` for the system's.
    pub trust: Option<Arc<Trust>>,
    pub proxy: Choice,
    pub user_agent: HeaderValue,
}

impl Settings {
    /// The secrets that no message may show: those of a call, and those of the settings.
    pub fn secrets_beside<'a>(&'a self, call: [Option<&'a str>; 2]) -> [Option<&'a str>; 4] {
        [
            call[0],
            call[1],
            self.app_key.to_str().ok(),
            self.proxy.password(),
        ]
    }
}

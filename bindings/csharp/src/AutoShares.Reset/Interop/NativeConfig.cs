using System;

namespace AutoShares.Reset.Interop
{
    /// <summary>The options as a C config. The library checks them all. Null leaves the library's default.</summary>
    internal static unsafe class NativeConfig
    {
        private delegate void TextSetter(ConfigHandle config, byte* text);

        /// <exception cref="ResetException">The first setting that is unusable.</exception>
        internal static ClientHandle MakeClient(ResetClientOptions options)
        {
            using var baseUrl = new NativeText(options.BaseUrl ?? "");
            using var appKey = new NativeText(options.AppKey ?? "");
            using ConfigHandle config = NativeMethods.asr_config_new(baseUrl.Pointer, appKey.Pointer);
            Set(config, options.ApiVersion, NativeMethods.asr_config_set_api_version);
            Set(config, options.Timeout, NativeMethods.asr_config_set_timeout_ms);
            Set(config, options.ConnectTimeout, NativeMethods.asr_config_set_connect_timeout_ms);
            Set(config, options.CaFile, NativeMethods.asr_config_set_ca_file);
            Set(config, options.CaPem, NativeMethods.asr_config_set_ca_pem);
            Set(config, options.Proxy, NativeMethods.asr_config_set_proxy);
            Set(config, options.UserAgent, NativeMethods.asr_config_set_user_agent);
            NativeMethods.asr_config_set_allow_http(config, options.AllowHttp ? 1 : 0);

            ClientHandle client = NativeMethods.asr_client_new(config, out ResultHandle error);
            using ResultHandle result = error;
            result.ThrowIfFailed();
            return client;
        }

        private static void Set(ConfigHandle config, string? text, TextSetter set)
        {
            // Not called for a default, because the runtime compiles a stub for each function that is called.
            if (text != null)
            {
                using var native = new NativeText(text);
                set(config, native.Pointer);
            }
        }

        private static void Set(ConfigHandle config, TimeSpan? time, Action<ConfigHandle, uint> setMilliseconds)
        {
            if (time != null)
            {
                // Rounded up, so that a very short time does not become 0. A time out of range becomes 0, which the library refuses.
                double milliseconds = Math.Ceiling(time.Value.TotalMilliseconds);
                setMilliseconds(config, milliseconds > 0 && milliseconds <= uint.MaxValue ? (uint)milliseconds : 0);
            }
        }
    }
}

using System;
using System.Threading;

namespace AutoShares.Reset.Interop
{
    /// <summary>
    /// Options as the library understands them, in the order in which it judges them. Null stays NULL, which is the
    /// library's default.
    /// </summary>
    internal static unsafe class NativeConfig
    {
        private delegate void TextSetter(ConfigHandle config, byte* text);

        /// <exception cref="ResetException">The first setting that is unusable.</exception>
        internal static ClientHandle MakeClient(ResetClientOptions options)
        {
            using ConfigHandle config = From(options, out ResetException? refused);
            ClientHandle client = NativeMethods.asr_client_new(config, out ResultHandle error);
            using (error)
            {
                // Another failure than that of an argument comes of what was left out.
                if (client.IsInvalid && (refused == null || error.Code == ResetCode.InvalidArgument))
                {
                    error.ThrowIfFailed();
                }
            }

            if (refused != null)
            {
                client.Dispose();
                throw refused;
            }

            return client;
        }

        // Ends at the first setting that cannot even be passed on, so that the library finds what is wrong before it.
        private static ConfigHandle From(ResetClientOptions options, out ResetException? refused)
        {
            refused = null;
            using var baseUrl = new NativeText(options.BaseUrl ?? "", "The base URL");
            ConfigHandle? config = null;
            try
            {
                using var appKey = new NativeText(options.AppKey ?? "", "The app key");
                config = NativeMethods.asr_config_new(baseUrl.Pointer, appKey.Pointer);
                Set(config, options.ApiVersion, "The API version", NativeMethods.asr_config_set_api_version);
                Set(config, options.Timeout, "The timeout", NativeMethods.asr_config_set_timeout_ms);
                Set(config, options.ConnectTimeout, "The connect timeout", NativeMethods.asr_config_set_connect_timeout_ms);
                Set(config, options.CaFile, "The CA file", NativeMethods.asr_config_set_ca_file);
                Set(config, options.CaPem, "The CA PEM text", NativeMethods.asr_config_set_ca_pem);
                Set(config, options.Proxy, "The proxy", NativeMethods.asr_config_set_proxy);
                Set(config, options.UserAgent, "The user agent", NativeMethods.asr_config_set_user_agent);
                NativeMethods.asr_config_set_allow_http(config, options.AllowHttp ? 1 : 0);
            }
            catch (ResetException e)
            {
                refused = e;
            }

            using var anyKey = new NativeText("-", "");
            return config ?? NativeMethods.asr_config_new(baseUrl.Pointer, anyKey.Pointer);
        }

        private static void Set(ConfigHandle config, string? text, string name, TextSetter set)
        {
            using var native = new NativeText(text, name);
            set(config, native.Pointer);
        }

        private static void Set(ConfigHandle config, TimeSpan? time, string name, Action<ConfigHandle, uint> setMilliseconds)
        {
            if (time == null)
            {
                return;
            }

            // Up, so that a very short time does not become zero, which is the library's own to refuse.
            double milliseconds = Math.Ceiling(time.Value.TotalMilliseconds);
            string? wrong =
                time == Timeout.InfiniteTimeSpan ? " must have an end: there is no endless wait, and the longest is 49 days."
                : time < TimeSpan.Zero ? " must be longer than zero."
                : milliseconds > uint.MaxValue ? " must be shorter than 49 days."
                : null;
            if (wrong != null)
            {
                throw new ResetException(ResetCode.InvalidArgument, name + wrong);
            }

            setMilliseconds(config, (uint)milliseconds);
        }
    }
}

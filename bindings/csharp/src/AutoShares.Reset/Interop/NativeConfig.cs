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
                using var apiVersion = new NativeText(options.ApiVersion, "The API version");
                NativeMethods.asr_config_set_api_version(config, apiVersion.Pointer);
                if (options.Timeout != null)
                {
                    NativeMethods.asr_config_set_timeout_ms(config, Milliseconds(options.Timeout.Value, "The timeout"));
                }

                if (options.ConnectTimeout != null)
                {
                    NativeMethods.asr_config_set_connect_timeout_ms(config, Milliseconds(options.ConnectTimeout.Value, "The connect timeout"));
                }

                using var caFile = new NativeText(options.CaFile, "The CA file");
                NativeMethods.asr_config_set_ca_file(config, caFile.Pointer);
                using var caPem = new NativeText(options.CaPem, "The CA PEM text");
                NativeMethods.asr_config_set_ca_pem(config, caPem.Pointer);
                using var proxy = new NativeText(options.Proxy, "The proxy");
                NativeMethods.asr_config_set_proxy(config, proxy.Pointer);
                using var userAgent = new NativeText(options.UserAgent, "The user agent");
                NativeMethods.asr_config_set_user_agent(config, userAgent.Pointer);
                NativeMethods.asr_config_set_allow_http(config, options.AllowHttp ? 1 : 0);
            }
            catch (ResetException e)
            {
                refused = e;
            }

            using var anyKey = new NativeText("-", "");
            return config ?? NativeMethods.asr_config_new(baseUrl.Pointer, anyKey.Pointer);
        }

        private static uint Milliseconds(TimeSpan time, string name)
        {
            if (time == Timeout.InfiniteTimeSpan)
            {
                throw new ResetException(ResetCode.InvalidArgument, name + " must have an end: there is no endless wait, and the longest is 49 days.");
            }

            // Zero is the library's own to refuse.
            if (time < TimeSpan.Zero)
            {
                throw new ResetException(ResetCode.InvalidArgument, name + " must be longer than zero.");
            }

            // Up, so that a very short time does not become zero.
            double milliseconds = Math.Ceiling(time.TotalMilliseconds);
            return milliseconds <= uint.MaxValue
                ? (uint)milliseconds
                : throw new ResetException(ResetCode.InvalidArgument, name + " must be shorter than 49 days.");
        }
    }
}

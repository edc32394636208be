using System;

namespace AutoShares.Reset.Interop
{
    /// <summary>Options as the library understands them. Null stays NULL, which is the library's default.</summary>
    internal static class NativeConfig
    {
        internal static unsafe ConfigHandle From(ResetClientOptions options)
        {
            using var baseUrl = new NativeText(options.BaseUrl ?? "", nameof(options.BaseUrl));
            using var appKey = new NativeText(options.AppKey ?? "", nameof(options.AppKey));
            using var apiVersion = new NativeText(options.ApiVersion, nameof(options.ApiVersion));
            using var caFile = new NativeText(options.CaFile, nameof(options.CaFile));
            using var proxy = new NativeText(options.Proxy, nameof(options.Proxy));
            using var userAgent = new NativeText(options.UserAgent, nameof(options.UserAgent));
            uint? timeout = Milliseconds(options.Timeout, nameof(options.Timeout));
            uint? connectTimeout = Milliseconds(options.ConnectTimeout, nameof(options.ConnectTimeout));

            ConfigHandle config = NativeMethods.asr_config_new(baseUrl.Pointer, appKey.Pointer);
            NativeMethods.asr_config_set_api_version(config, apiVersion.Pointer);
            if (timeout != null)
            {
                NativeMethods.asr_config_set_timeout_ms(config, timeout.Value);
            }

            if (connectTimeout != null)
            {
                NativeMethods.asr_config_set_connect_timeout_ms(config, connectTimeout.Value);
            }

            NativeMethods.asr_config_set_ca_file(config, caFile.Pointer);
            NativeMethods.asr_config_set_proxy(config, proxy.Pointer);
            NativeMethods.asr_config_set_user_agent(config, userAgent.Pointer);
            NativeMethods.asr_config_set_allow_http(config, options.AllowHttp ? 1 : 0);
            return config;
        }

        private static uint? Milliseconds(TimeSpan? time, string name)
        {
            if (time == null)
            {
                return null;
            }

            if (time <= TimeSpan.Zero)
            {
                throw new ResetException(ResetCode.InvalidArgument, PlainName.Of(name) + " must be longer than zero.");
            }

            // Up, so that a very short time does not become zero.
            double milliseconds = Math.Ceiling(time.Value.TotalMilliseconds);
            if (milliseconds > uint.MaxValue)
            {
                throw new ResetException(ResetCode.InvalidArgument, PlainName.Of(name) + " must be shorter than 49 days.");
            }

            return (uint)milliseconds;
        }
    }
}

using System;
using System.Diagnostics;

namespace AutoShares.Reset
{
    /// <summary>
    /// Settings of a <see cref="ResetClient"/>, read once when it is made. Null means the default. The client's
    /// constructor throws for the first invalid setting.
    /// </summary>
    [DebuggerDisplay("{BaseUrl,nq}")]
    public sealed class ResetClientOptions
    {
        /// <summary>AutoShares' hosted test environment.</summary>
        public const string SandboxBaseUrl = "https://api.autoshares.dev";

        /// <summary>AutoShares' production environment.</summary>
        public const string ProductionBaseUrl = "https://api.autoshares.com";

        internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

        /// <summary>
        /// The service's URL: <see cref="SandboxBaseUrl"/>, <see cref="ProductionBaseUrl"/> or another ETNA broker's,
        /// with a path if it has one. Required.
        /// </summary>
        public string BaseUrl { get; set; } = "";

        /// <summary>The key that the broker gave to this program. Required, and a secret.</summary>
        [DebuggerBrowsable(DebuggerBrowsableState.Never)]
        public string AppKey { get; set; } = "";

        /// <summary>The API's version, without the <c>v</c>. Default: "1.0".</summary>
        public string? ApiVersion { get; set; }

        /// <summary>The time limit of a whole call, at most 49 days. Default: 30 seconds.</summary>
        public TimeSpan? Timeout { get; set; }

        /// <summary>The time limit of look-up, connect, proxy and TLS handshake together. Default: 10 seconds.</summary>
        public TimeSpan? ConnectTimeout { get; set; }

        /// <summary>A PEM file with the only certificates to trust. Default: the system's.</summary>
        public string? CaFile { get; set; }

        /// <summary>The only certificates to trust, as PEM text of at most 1 MiB; with a <see cref="CaFile"/>, those of both.</summary>
        public string? CaPem { get; set; }

        /// <summary>
        /// An <c>http://</c> or <c>https://</c> proxy; "" for none. Default: the environment's (<c>HTTPS_PROXY</c>,
        /// <c>ALL_PROXY</c>, <c>NO_PROXY</c>), else on Windows and macOS the system's settings, PAC files included.
        /// </summary>
        [DebuggerBrowsable(DebuggerBrowsableState.Never)]
        public string? Proxy { get; set; }

        /// <summary>The program's name, for instance "MyApp/1.2": the User-Agent header holds it before the library's own.</summary>
        public string? UserAgent { get; set; }

        /// <summary>
        /// Allows a base URL that is <c>http://</c> to another machine, which exposes key and password to the network.
        /// This machine itself (<c>localhost</c>) is always allowed. Default: false.
        /// </summary>
        public bool AllowHttp { get; set; }
    }
}

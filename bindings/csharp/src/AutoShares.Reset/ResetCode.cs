namespace AutoShares.Reset
{
    /// <summary>
    /// The outcome of a call. The numbers are those of the C header (<c>ASR_OK</c>, <c>ASR_NO_QUESTION</c>, …) and never
    /// change meaning. A later library may report a number that has no name here: treat it as a failure.
    /// </summary>
    public enum ResetCode
    {
        /// <summary>The call succeeded. Never in an exception.</summary>
        Ok = 0,
        /// <summary>A success: this account has no question to answer. Never in an exception.</summary>
        NoQuestion = 1,

        /// <summary>An argument or a setting is unusable; the message names it. Nothing was sent.</summary>
        InvalidArgument = 10,
        /// <summary>
        /// The base URL is http:// to another machine, which the settings do not allow. See
        /// <see cref="ResetClientOptions.AllowHttp"/>. Nothing was sent.
        /// </summary>
        InsecureUrl = 11,
        /// <summary>The call was cancelled. Found inside an <see cref="System.OperationCanceledException"/>.</summary>
        Cancelled = 12,

        /// <summary>The host name was not found.</summary>
        ResolveFailed = 20,
        /// <summary>The connection was refused, the host is unreachable, or the proxy refused.</summary>
        ConnectFailed = 21,
        /// <summary>The TLS handshake or the certificate failed, or this system has no trusted roots.</summary>
        TlsFailed = 22,
        /// <summary>The time allowed for the call ran out.</summary>
        Timeout = 23,
        /// <summary>The connection broke before the whole response had arrived.</summary>
        ConnectionLost = 24,

        /// <summary>The service does not accept the app key.</summary>
        AppKeyRejected = 30,
        /// <summary>The service refused the request; the message gives its reason. <see cref="ResetException.ServiceCode"/> has its code.</summary>
        Rejected = 31,
        /// <summary>The answer to the secret question is wrong, or one is required and none was given.</summary>
        AnswerIncorrect = 32,
        /// <summary>The service received too many requests. See <see cref="ResetException.RetryAfter"/>.</summary>
        RateLimited = 33,
        /// <summary>The service failed (HTTP 5xx).</summary>
        ServerError = 34,
        /// <summary>The response is not one that the API documents. The base URL may be wrong, or a gateway or captive portal may have responded.</summary>
        InvalidResponse = 35,

        /// <summary>A bug in this library ended the call. If no thread could be started for it, the message says so.</summary>
        Internal = 90,
    }
}

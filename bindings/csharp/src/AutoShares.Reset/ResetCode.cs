namespace AutoShares.Reset
{
    /// <summary>
    /// What a call came to. The numbers are those of the C header (<c>ASR_OK</c>, <c>ASR_NO_QUESTION</c>, …) and never
    /// change meaning. A later library may report a number that has no name here: treat it as a failure.
    /// </summary>
    public enum ResetCode
    {
        /// <summary>Done. Never in an exception.</summary>
        Ok = 0,

        /// <summary>A success: this account has no question to answer. Never in an exception.</summary>
        NoQuestion = 1,

        /// <summary>Something that was passed is empty, too long or otherwise unusable; the message says what. Nothing was sent.</summary>
        InvalidArgument = 10,

        /// <summary>
        /// The base URL is <c>http://</c> to another machine, and <see cref="ResetClientOptions.AllowHttp"/> is not set.
        /// Nothing was sent.
        /// </summary>
        InsecureUrl = 11,

        /// <summary>The call was cancelled. Found in the inner exception of an <see cref="System.OperationCanceledException"/>.</summary>
        Cancelled = 12,

        /// <summary>The host name was not found.</summary>
        ResolveFailed = 20,

        /// <summary>No connection: refused, unreachable, or the proxy refused.</summary>
        ConnectFailed = 21,

        /// <summary>The secure connection failed: handshake, certificate, or no trusted roots on this system.</summary>
        TlsFailed = 22,

        /// <summary>The time that the options allow ran out.</summary>
        Timeout = 23,

        /// <summary>The connection broke before the whole answer was in.</summary>
        ConnectionLost = 24,

        /// <summary>The service does not accept the app key.</summary>
        AppKeyRejected = 30,

        /// <summary>The service said no: the message has its words, <see cref="ResetException.ServiceCode"/> its code.</summary>
        Rejected = 31,

        /// <summary>The answer to the secret question is wrong, or one is required and none was given.</summary>
        AnswerIncorrect = 32,

        /// <summary>Too many requests; see <see cref="ResetException.RetryAfter"/>.</summary>
        RateLimited = 33,

        /// <summary>The service failed (HTTP 5xx).</summary>
        ServerError = 34,

        /// <summary>What came is not what the API documents: another server, a captive portal, a gateway's page.</summary>
        InvalidResponse = 35,

        /// <summary>A bug in the library, contained, or no thread to be had for an asynchronous call; the message says which.</summary>
        Internal = 90,
    }
}

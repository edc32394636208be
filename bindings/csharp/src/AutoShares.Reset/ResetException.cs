using System;
using System.ComponentModel;
using System.Linq;
using System.Net.Sockets;
using System.Runtime.Serialization;

namespace AutoShares.Reset
{
    /// <summary>
    /// A call failed. <see cref="Exception.Message"/> is one English sentence fit to show or log: it never holds the
    /// app key or anything that was passed to the call. Tell failures apart by <see cref="Code"/>.
    /// </summary>
    /// <remarks>
    /// Inside a timeout is a <see cref="TimeoutException"/>, inside a failure with <see cref="OsError"/> a
    /// <see cref="SocketException"/> or <see cref="Win32Exception"/> with that number.
    /// </remarks>
    /// <example><code>catch (ResetException e) when (e.Code == ResetCode.AnswerIncorrect)</code></example>
#if !NETCOREAPP
    [Serializable]
#endif
    public sealed class ResetException : Exception
    {
        /// <summary>Creates an exception, for instance to test how a program reacts to one.</summary>
        /// <param name="code">The outcome of the call.</param>
        /// <param name="message">One sentence fit to show.</param>
        /// <param name="httpStatus">The HTTP status of the response; null if no response arrived.</param>
        /// <param name="retryAfter">The wait that the service asks for; null if it asks for none.</param>
        /// <param name="serviceCode">The service's own error code, if it gave one.</param>
        /// <param name="requestSent">True if at least part of the request was sent.</param>
        /// <param name="osError">The operating system's error number behind a network failure, if there is one.</param>
        /// <param name="details">The steps of the call, for a log.</param>
        public ResetException(
            ResetCode code,
            string message,
            int? httpStatus = null,
            TimeSpan? retryAfter = null,
            string? serviceCode = null,
            bool requestSent = false,
            int? osError = null,
            string? details = null)
            : base(message, Inner(code, osError))
        {
            Code = code;
            HttpStatus = httpStatus;
            RetryAfter = retryAfter;
            ServiceCode = serviceCode;
            RequestSent = requestSent;
            OsError = osError;
            Details = details;
        }

        /// <summary>The outcome of the call.</summary>
        public ResetCode Code { get; }

        /// <summary>The HTTP status of the response; null if no response arrived.</summary>
        public int? HttpStatus { get; }

        /// <summary>The wait that the service asks for before the next try; null if it asks for none.</summary>
        public TimeSpan? RetryAfter { get; }

        /// <summary>The first of the service's own error codes; null if it gave none.</summary>
        public string? ServiceCode { get; }

        /// <summary>True if at least part of the request was sent: the service may have acted on it. If false, the program can safely try again.</summary>
        public bool RequestSent { get; }

        /// <summary><c>errno</c> or <c>WSAGetLastError</c> behind a network failure; null if there is none.</summary>
        public int? OsError { get; }

        /// <summary>
        /// The steps of the call, for a log: addresses, proxy, times, TLS, bytes. It holds no secret, and its form may
        /// change. Null in an exception that the native library did not make.
        /// </summary>
        public string? Details { get; }

        /// <summary>The message, then <see cref="Code"/>, <see cref="HttpStatus"/> and <see cref="ServiceCode"/>, then the stack.</summary>
        /// <returns>Text for a log, without a secret.</returns>
        public override string ToString()
        {
            string facts = $" ({Code}" + (HttpStatus == null ? "" : $", HTTP {HttpStatus}") + (ServiceCode == null ? "" : $", {ServiceCode}") + ")";

            // The runtime's text begins with the type and the message.
            string text = base.ToString();
            return text.Insert(text.IndexOf(Message, GetType().FullName!.Length, StringComparison.Ordinal) + Message.Length, facts);
        }

        // Retry policies look for the inner exceptions of .NET's own clients.
        private static Exception? Inner(ResetCode code, int? osError)
        {
            // .NET numbers socket errors as Windows does, and knows for each the number of the system that it runs on.
            const int First = (int)SocketError.Interrupted, Last = (int)SocketError.NoData;
            return code == ResetCode.Timeout ? new TimeoutException()
                : osError == null || code == ResetCode.Cancelled ? (Exception?)null
                : Enumerable.Range(First, Last - First + 1).Select(known => new SocketException(known))
                    .FirstOrDefault(error => error.NativeErrorCode == osError) ?? new Win32Exception(osError.Value);
        }

#if !NETCOREAPP
        // .NET Framework sends exceptions from one AppDomain to another.
        private ResetException(SerializationInfo info, StreamingContext context) : base(info, context)
        {
            Code = (ResetCode)info.GetInt32(nameof(Code));
            HttpStatus = (int?)info.GetValue(nameof(HttpStatus), typeof(int?));
            RetryAfter = (TimeSpan?)info.GetValue(nameof(RetryAfter), typeof(TimeSpan?));
            ServiceCode = info.GetString(nameof(ServiceCode));
            RequestSent = info.GetBoolean(nameof(RequestSent));
            OsError = (int?)info.GetValue(nameof(OsError), typeof(int?));
            Details = info.GetString(nameof(Details));
        }

        /// <inheritdoc/>
        public override void GetObjectData(SerializationInfo info, StreamingContext context)
        {
            base.GetObjectData(info, context);
            info.AddValue(nameof(Code), (int)Code);
            info.AddValue(nameof(HttpStatus), HttpStatus);
            info.AddValue(nameof(RetryAfter), RetryAfter);
            info.AddValue(nameof(ServiceCode), ServiceCode);
            info.AddValue(nameof(RequestSent), RequestSent);
            info.AddValue(nameof(OsError), OsError);
            info.AddValue(nameof(Details), Details);
        }
#endif
    }
}

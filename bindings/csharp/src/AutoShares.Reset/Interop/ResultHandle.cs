using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace AutoShares.Reset.Interop
{
    /// <summary>The outcome of a call: owns an <c>asr_result</c>.</summary>
    internal sealed unsafe class ResultHandle : NativeHandle
    {
        internal string? Question => NativeText.Read(Fields->Question);

        internal string Token =>
            NativeText.Read(Fields->Token) ?? throw new ResetException(ResetCode.Internal, "The library reported a success, but no token.");

        internal int? HttpStatus => Fields->HttpStatus == 0 ? (int?)null : Fields->HttpStatus;

        private Layout* Fields => (Layout*)handle;

        /// <summary>Turns a failure into the exception that callers see. NULL is a success.</summary>
        internal void ThrowIfFailed(CancellationToken cancellationToken = default)
        {
            if (IsInvalid || Fields->Code < (int)ResetCode.InvalidArgument)
            {
                return; // the smaller numbers are successes, known or not yet known
            }

            var error = new ResetException(
                (ResetCode)Fields->Code,
                NativeText.Read(Fields->Message) ?? "",
                HttpStatus,
                Fields->RetryAfterSeconds == 0 ? (TimeSpan?)null : TimeSpan.FromSeconds(Fields->RetryAfterSeconds),
                NativeText.Read(Fields->ServiceCode),
                Fields->RequestSent != 0,
                Fields->OsError == 0 ? (int?)null : Fields->OsError,
                NativeText.Read(NativeMethods.asr_result_details(this)));

            // .NET has one exception for cancelled calls. The one inside it tells whether the service may have acted.
            throw error.Code == ResetCode.Cancelled ? new OperationCanceledException(error.Message, error, cancellationToken) : (Exception)error;
        }

        protected override void Free(IntPtr owned) => NativeMethods.asr_result_free(owned);

        [StructLayout(LayoutKind.Sequential)]
        private struct Layout
        {
            public int Code;
            public ushort HttpStatus;
            public ushort RequestSent;
            public uint RetryAfterSeconds;
            public int OsError;
            public byte* Question;
            public byte* Token;
            public byte* Message;
            public byte* ServiceCode;
        }
    }
}

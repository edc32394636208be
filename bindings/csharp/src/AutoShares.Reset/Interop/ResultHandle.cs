using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace AutoShares.Reset.Interop
{
    /// <summary>The outcome of a call: owns an <c>asr_result</c>.</summary>
    internal sealed unsafe class ResultHandle : NativeHandle
    {
        // Numbers below are successes, known or not yet known.
        private const int FirstFailure = (int)ResetCode.InvalidArgument;

        internal string? Question => NativeText.Read(Fields->Question);

        internal string Token =>
            NativeText.Read(Fields->Token) ?? throw new ResetException(ResetCode.Internal, "The library reported a success, but no token.");

        internal int? HttpStatus => Fields->HttpStatus == 0 ? (int?)null : Fields->HttpStatus;

        private Layout* Fields => (Layout*)handle;

        /// <summary>Turns a failure into the exception that callers see.</summary>
        internal void ThrowIfFailed(CancellationToken cancellationToken = default)
        {
            if (Fields->Code < FirstFailure)
            {
                return;
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
            if (error.Code == ResetCode.Cancelled)
            {
                // .NET has one way to say this. Whether the service may have acted all the same is in the inner exception.
                throw new OperationCanceledException(error.Message, error, cancellationToken);
            }

            throw error;
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

using System;
using System.Threading;

namespace AutoShares.Reset.Interop
{
    /// <summary>The calls of the library.</summary>
    internal static unsafe class Operations
    {
        internal static readonly Operation<string?> GetSecretQuestion = new Operation<string?>(
            "username",
            "",
            (client, username, _, cancel) => NativeMethods.asr_secret_question(client, username, cancel),
            result => result.Question);

        internal static readonly Operation<bool> RequestReset = new Operation<bool>(
            "user",
            "answer",
            NativeMethods.asr_request_reset,
            result => true);

        internal static readonly Operation<string> ConfirmCode = new Operation<string>(
            "code",
            "",
            (client, code, _, cancel) => NativeMethods.asr_confirm_code(client, code, cancel),
            result => result.Token ?? throw new ResetException(ResetCode.Internal, "The library reported a success, but no token."));

        internal static readonly Operation<bool> SetPassword = new Operation<bool>(
            "token",
            "newPassword",
            NativeMethods.asr_set_password,
            result => true);
    }

    /// <summary>One call: converts, blocks in the library until the outcome is there, and converts back.</summary>
    internal sealed unsafe class Operation<T>
    {
        private readonly string first;
        private readonly string second;
        private readonly Native native;
        private readonly Func<ResultHandle, T> read;

        /// <param name="first">What a sentence calls the first argument.</param>
        /// <param name="second">And the second, if there is one.</param>
        /// <param name="native">The function of the library.</param>
        /// <param name="read">What it brought.</param>
        internal Operation(string first, string second, Native native, Func<ResultHandle, T> read)
        {
            this.first = first;
            this.second = second;
            this.native = native;
            this.read = read;
        }

        internal delegate ResultHandle Native(ClientHandle client, byte* first, byte* second, CancelHandle cancel);

        internal T Call(ClientHandle client, string? firstText, string? secondText, CancellationToken cancellationToken)
        {
            using var one = new NativeText(firstText, first);
            using var other = new NativeText(secondText, second);
            using var cancel = new CallCancellation(cancellationToken);
            using ResultHandle result = native(client, one.Pointer, other.Pointer, cancel.Handle);
            result.ThrowIfFailed(cancellationToken);
            return read(result);
        }
    }
}

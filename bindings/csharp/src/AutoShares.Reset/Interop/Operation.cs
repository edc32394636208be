using System;
using System.Threading;

namespace AutoShares.Reset.Interop
{
    /// <summary>The calls of the library.</summary>
    internal static unsafe class Operations
    {
        internal static readonly Operation<bool> Connect = new Operation<bool>(
            "Connect", (client, _, __, cancel) => NativeMethods.asr_client_connect(client, cancel), result => true);

        internal static readonly Operation<string?> GetSecretQuestion = new Operation<string?>(
            "GetSecretQuestion", (client, username, _, cancel) => NativeMethods.asr_secret_question(client, username, cancel), result => result.Question)
        {
            HttpMethod = "GET",
            First = "The user name",
        };

        internal static readonly Operation<bool> RequestReset = new Operation<bool>(
            "RequestReset", NativeMethods.asr_request_reset, result => true)
        {
            HttpMethod = "POST",
            First = "The user name",
            Second = "The answer",
        };

        // The library takes another route where the service lacks this one's.
        internal static readonly Operation<string> ConfirmCode = new Operation<string>(
            "ConfirmCode",
            (client, code, _, cancel) => NativeMethods.asr_confirm_code(client, code, cancel),
            result => result.Token ?? throw new ResetException(ResetCode.Internal, "The library reported a success, but no token."))
        {
            HttpMethod = "POST",
            First = "The code",
        };

        internal static readonly Operation<bool> SetPassword = new Operation<bool>(
            "SetPassword", NativeMethods.asr_set_password, result => true)
        {
            HttpMethod = "PUT",
            First = "The token",
            Second = "The new password",
        };
    }

    /// <summary>One call: converts, blocks in the library until the outcome is there, and converts back.</summary>
    internal sealed unsafe class Operation<T>
    {
        private readonly Native native;
        private readonly Func<ResultHandle, T> read;

        /// <param name="name">Of the method that programs call.</param>
        /// <param name="native">The function of the library.</param>
        /// <param name="read">Takes out of the result what the method returns.</param>
        internal Operation(string name, Native native, Func<ResultHandle, T> read)
        {
            Name = name;
            this.native = native;
            this.read = read;
        }

        internal delegate ResultHandle Native(ClientHandle client, byte* first, byte* second, CancelHandle cancel);

        internal string Name { get; }

        /// <summary>What the service sees; null where it sees nothing.</summary>
        internal string? HttpMethod { get; set; }

        /// <summary>The name of the first argument in a sentence.</summary>
        internal string First { private get; set; } = "";

        internal string Second { private get; set; } = "";

        internal T Call(ClientHandle client, string? firstText, string? secondText, CallTrace trace, CancellationToken cancellationToken)
        {
            using var first = new NativeText(firstText, First);
            using var second = new NativeText(secondText, Second);
            using var cancel = new CallCancellation(cancellationToken);
            using ResultHandle result = native(client, first.Pointer, second.Pointer, cancel.Handle);
            result.ThrowIfFailed(cancellationToken);
            trace.Succeeded(result.HttpStatus);
            return read(result);
        }
    }
}

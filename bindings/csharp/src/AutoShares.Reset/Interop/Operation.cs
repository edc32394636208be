using System;
using System.Threading;

namespace AutoShares.Reset.Interop
{
    /// <summary>One of the library's calls: converts, blocks until the outcome is there, and converts back.</summary>
    internal sealed unsafe class Operation
    {
        internal static readonly Operation Connect = new Operation(
            "Connect", null, (client, _, __, cancel) => NativeMethods.asr_client_connect(client, cancel), result => null);

        internal static readonly Operation GetSecretQuestion = new Operation(
            "GetSecretQuestion",
            "GET",
            (client, username, _, cancel) => NativeMethods.asr_secret_question(client, username, cancel),
            result => result.Question,
            "The user name");

        internal static readonly Operation RequestReset = new Operation(
            "RequestReset", "POST", NativeMethods.asr_request_reset, result => null, "The user name", "The answer");

        // The library takes another route where the service lacks this one's.
        internal static readonly Operation ConfirmCode = new Operation(
            "ConfirmCode",
            "POST",
            (client, code, _, cancel) => NativeMethods.asr_confirm_code(client, code, cancel),
            result => result.Token,
            "The code");

        internal static readonly Operation SetPassword = new Operation(
            "SetPassword", "PUT", NativeMethods.asr_set_password, result => null, "The token", "The new password");

        /// <summary>Of the method that programs call.</summary>
        internal readonly string Name;

        /// <summary>What the service sees; null where it sees nothing.</summary>
        internal readonly string? HttpMethod;

        private readonly Native native;
        private readonly Func<ResultHandle, string?> read;
        private readonly string firstName;
        private readonly string secondName;

        // "read" takes what the method returns out of the result; the last two name the arguments in a sentence.
        private Operation(string name, string? httpMethod, Native native, Func<ResultHandle, string?> read, string firstName = "", string secondName = "")
        {
            Name = name;
            HttpMethod = httpMethod;
            this.native = native;
            this.read = read;
            this.firstName = firstName;
            this.secondName = secondName;
        }

        private delegate ResultHandle Native(ClientHandle client, byte* first, byte* second, CancelHandle cancel);

        internal string? Call(ClientHandle client, string? firstText, string? secondText, CallTrace trace, CancellationToken cancellationToken)
        {
            using var first = new NativeText(firstText, firstName);
            using var second = new NativeText(secondText, secondName);
            using CancelHandle cancel = CancelHandle.For(cancellationToken);
            using ResultHandle result = native(client, first.Pointer, second.Pointer, cancel);
            trace.Responded(result.HttpStatus);
            result.ThrowIfFailed(cancellationToken);
            return read(result);
        }
    }
}

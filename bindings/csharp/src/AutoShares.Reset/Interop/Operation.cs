using System;
using System.Threading;

namespace AutoShares.Reset.Interop
{
    /// <summary>The calls of the library.</summary>
    internal static unsafe class Operations
    {
        internal static readonly Operation<bool> Connect = new Operation<bool>(
            "Connect", null, (client, _, __, cancel) => NativeMethods.asr_client_connect(client, cancel), result => true);

        internal static readonly Operation<string?> GetSecretQuestion = new Operation<string?>(
            "GetSecretQuestion",
            "GET",
            (client, username, _, cancel) => NativeMethods.asr_secret_question(client, username, cancel),
            result => result.Question,
            "The user name");

        internal static readonly Operation<bool> RequestReset = new Operation<bool>(
            "RequestReset", "POST", NativeMethods.asr_request_reset, result => true, "The user name", "The answer");

        // The library takes another route where the service lacks this one's.
        internal static readonly Operation<string> ConfirmCode = new Operation<string>(
            "ConfirmCode",
            "POST",
            (client, code, _, cancel) => NativeMethods.asr_confirm_code(client, code, cancel),
            result => result.Token ?? throw new ResetException(ResetCode.Internal, "The library reported a success, but no token."),
            "The code");

        internal static readonly Operation<bool> SetPassword = new Operation<bool>(
            "SetPassword", "PUT", NativeMethods.asr_set_password, result => true, "The token", "The new password");
    }

    /// <summary>One call: converts, blocks in the library until the outcome is there, and converts back.</summary>
    internal sealed unsafe class Operation<T>
    {
        private readonly Native native;
        private readonly Func<ResultHandle, T> read;
        private readonly string firstName;
        private readonly string secondName;

        /// <param name="name">Of the method that programs call.</param>
        /// <param name="httpMethod">What the service sees; null where it sees nothing.</param>
        /// <param name="native">The function of the library.</param>
        /// <param name="read">Takes out of the result what the method returns.</param>
        /// <param name="firstName">The name of the first argument in a sentence.</param>
        /// <param name="secondName">The name of the second.</param>
        internal Operation(string name, string? httpMethod, Native native, Func<ResultHandle, T> read, string firstName = "", string secondName = "")
        {
            Name = name;
            HttpMethod = httpMethod;
            this.native = native;
            this.read = read;
            this.firstName = firstName;
            this.secondName = secondName;
        }

        internal delegate ResultHandle Native(ClientHandle client, byte* first, byte* second, CancelHandle cancel);

        internal string Name { get; }

        internal string? HttpMethod { get; }

        internal T Call(ClientHandle client, string? firstText, string? secondText, CallTrace trace, CancellationToken cancellationToken)
        {
            using var first = new NativeText(firstText, firstName);
            using var second = new NativeText(secondText, secondName);
            using var cancel = new CallCancellation(cancellationToken);
            using ResultHandle result = native(client, first.Pointer, second.Pointer, cancel.Handle);
            result.ThrowIfFailed(cancellationToken);
            trace.Responded(result.HttpStatus);
            return read(result);
        }
    }
}

using System;
using System.Runtime.CompilerServices;
using System.Threading;

namespace AutoShares.Reset.Interop
{
    /// <summary>One of the library's calls: converts, blocks until the outcome is there, and converts back.</summary>
    internal sealed unsafe class Operation
    {
        internal static readonly Operation Connect = new Operation(
            null, (client, _, __, cancel) => NativeMethods.asr_client_connect(client, cancel));

        internal static readonly Operation GetSecretQuestion = new Operation(
            "GET", (client, username, _, cancel) => NativeMethods.asr_secret_question(client, username, cancel), result => result.Question);

        internal static readonly Operation RequestReset = new Operation("POST", NativeMethods.asr_request_reset);

        // If the service lacks this route, the library takes another.
        internal static readonly Operation ConfirmCode = new Operation(
            "POST", (client, code, _, cancel) => NativeMethods.asr_confirm_code(client, code, cancel), result => result.Token);

        internal static readonly Operation SetPassword = new Operation("PUT", NativeMethods.asr_set_password);

        // The method that programs call. Its HTTP method is null for Connect, which sends no request.
        internal readonly string Name;
        internal readonly string? HttpMethod;
        private readonly Native native;
        private readonly Func<ResultHandle, string?>? read;

        // "read" takes what the method returns out of the result. The compiler fills in the name of the field above.
        private Operation(string? httpMethod, Native native, Func<ResultHandle, string?>? read = null, [CallerMemberName] string name = "")
        {
            Name = name;
            HttpMethod = httpMethod;
            this.native = native;
            this.read = read;
        }

        private delegate ResultHandle Native(ClientHandle client, byte* first, byte* second, CancelHandle cancel);

        internal string? Call(ClientHandle client, string? firstText, string? secondText, CallTrace trace, CancellationToken cancellationToken)
        {
            using var first = new NativeText(firstText);
            using var second = new NativeText(secondText);
            using CancelHandle? cancel = cancellationToken.CanBeCanceled ? NativeMethods.asr_cancel_new() : null;

            // A token that is already cancelled triggers at once: the library then sends nothing. The end of the registration
            // waits for a trigger that is running, so that no trigger uses a freed handle.
            using CancellationTokenRegistration registration = cancellationToken.Register(CancelHandle.Trigger, cancel);
            using ResultHandle result = native(client, first.Pointer, second.Pointer, cancel ?? CancelHandle.None);
            trace.Responded(result.HttpStatus);
            result.ThrowIfFailed(cancellationToken);
            return read?.Invoke(result);
        }
    }
}

using System;
using System.Threading;

namespace AutoShares.Reset.Interop
{
    /// <summary>The four calls: each converts, blocks in the library until the answer is there, and converts back.</summary>
    internal static unsafe class Calls
    {
        internal static string? GetSecretQuestion(ClientHandle client, string username, CancellationToken cancellationToken)
        {
            using var name = NativeText.Required(username, nameof(username));
            using var cancel = new CallCancellation(cancellationToken);
            using ResultHandle result = NativeMethods.asr_secret_question(client, name.Pointer, cancel.Handle);
            result.ThrowIfFailed(cancellationToken);
            return result.Question;
        }

        // A value, so that it fits where the others fit; nobody sees it.
        internal static bool RequestReset(ClientHandle client, string user, string? answer, CancellationToken cancellationToken)
        {
            using var name = NativeText.Required(user, nameof(user));
            using var words = new NativeText(answer, nameof(answer));
            using var cancel = new CallCancellation(cancellationToken);
            using ResultHandle result = NativeMethods.asr_request_reset(client, name.Pointer, words.Pointer, cancel.Handle);
            result.ThrowIfFailed(cancellationToken);
            return true;
        }

        internal static string ConfirmCode(ClientHandle client, string code, CancellationToken cancellationToken)
        {
            using var digits = NativeText.Required(code, nameof(code));
            using var cancel = new CallCancellation(cancellationToken);
            using ResultHandle result = NativeMethods.asr_confirm_code(client, digits.Pointer, cancel.Handle);
            result.ThrowIfFailed(cancellationToken);
            return result.Token ?? throw new ResetException(ResetCode.Internal, "The library reported a success, but no token.");
        }

        internal static bool SetPassword(ClientHandle client, string token, string newPassword, CancellationToken cancellationToken)
        {
            using var permit = NativeText.Required(token, nameof(token));
            using var password = NativeText.Required(newPassword, nameof(newPassword));
            using var cancel = new CallCancellation(cancellationToken);
            using ResultHandle result = NativeMethods.asr_set_password(client, permit.Pointer, password.Pointer, cancel.Handle);
            result.ThrowIfFailed(cancellationToken);
            return true;
        }
    }
}

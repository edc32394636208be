using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using AutoShares.Reset.Interop;

namespace AutoShares.Reset
{
    /// <summary>
    /// The password reset of the AutoShares Trading API: retrieve a user's secret question, request the reset, confirm
    /// the mailed code, set the new password. Make one client and keep it: it holds the connections, and any number of
    /// threads may use it at once.
    /// </summary>
    /// <remarks>
    /// <para>Failures are <see cref="ResetException"/>; a call whose token is cancelled ends at once, in the native
    /// library too, with an <see cref="OperationCanceledException"/>. Null where a text is required is an
    /// <see cref="ArgumentNullException"/>; any other text that cannot be sent (empty, with a U+0000 character, …) is a
    /// <see cref="ResetException"/> with <see cref="ResetCode.InvalidArgument"/>, because a person may have typed it.</para>
    /// <para>The native copies of key, answer, code, token and password are wiped. The C# strings are the runtime's and
    /// stay in memory until they are collected.</para>
    /// </remarks>
    [DebuggerDisplay("{ToString(),nq}")]
    public class ResetClient : IDisposable
    {
        private readonly ClientHandle handle;
        private readonly string baseUrl;
        private volatile bool disposed;

        /// <summary>Makes a client. Checks all settings, connects to nothing.</summary>
        /// <param name="options">The settings; later changes to them have no effect on this client.</param>
        /// <exception cref="ResetException">A setting is unusable; the message says which and why.</exception>
        /// <exception cref="DllNotFoundException">
        /// The native library is missing or does not fit; the message says what was tried and what to do.
        /// </exception>
        public ResetClient(ResetClientOptions options)
        {
            if (options == null)
            {
                throw new ArgumentNullException(nameof(options));
            }

            NativeLoader.EnsureUsable();
            using ConfigHandle config = NativeConfig.From(options);
            handle = NativeMethods.asr_client_new(config, out ResultHandle error);
            using (error)
            {
                if (handle.IsInvalid)
                {
                    error.ThrowIfFailed();
                }
            }

            baseUrl = options.BaseUrl;
        }

        /// <summary>
        /// For a program's tests: a client without a service, for a class that overrides the calls. Those that it does not
        /// override fail with <see cref="ResetCode.InvalidArgument"/>.
        /// </summary>
        protected ResetClient()
        {
            handle = new ClientHandle();
            baseUrl = "";
        }

        /// <summary>The version of the native library, such as "0.1.0".</summary>
        public static unsafe string LibraryVersion
        {
            get
            {
                NativeLoader.EnsureUsable();
                return NativeText.Read(NativeMethods.asr_version())!;
            }
        }

        /// <summary>Retrieves the user's secret question.</summary>
        /// <param name="username">Login or e-mail address.</param>
        /// <param name="cancellationToken">Ends the call at once.</param>
        /// <returns>The question; null if this account has none to answer.</returns>
        /// <exception cref="ResetException">The call failed.</exception>
        /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
        public virtual string? GetSecretQuestion(string username, CancellationToken cancellationToken = default) =>
            Calls.GetSecretQuestion(Open, username, cancellationToken);

        /// <inheritdoc cref="GetSecretQuestion"/>
        public virtual Task<string?> GetSecretQuestionAsync(string username, CancellationToken cancellationToken = default) =>
            OnOwnThread(Open, client => Calls.GetSecretQuestion(client, username, cancellationToken));

        /// <summary>
        /// Requests the reset: a confirmation code is mailed to the user. Where the account has a question, a request
        /// without its answer fails with <see cref="ResetCode.AnswerIncorrect"/>.
        /// </summary>
        /// <param name="user">Login or e-mail address.</param>
        /// <param name="answer">The answer to the secret question; null for none.</param>
        /// <param name="cancellationToken">Ends the call at once.</param>
        /// <exception cref="ResetException">The call failed.</exception>
        /// <exception cref="OperationCanceledException">
        /// The token was cancelled; <see cref="ResetException.RequestSent"/> of the inner exception tells whether the
        /// service may have acted.
        /// </exception>
        public virtual void RequestReset(string user, string? answer = null, CancellationToken cancellationToken = default) =>
            Calls.RequestReset(Open, user, answer, cancellationToken);

        /// <inheritdoc cref="RequestReset"/>
        /// <returns>A task that ends when the service has accepted.</returns>
        /// <remarks>Await it: <c>Wait</c> and <c>Result</c> drop the inner exception of a cancelled call.</remarks>
        public virtual Task RequestResetAsync(string user, string? answer = null, CancellationToken cancellationToken = default) =>
            OnOwnThread(Open, client => Calls.RequestReset(client, user, answer, cancellationToken));

        /// <summary>Confirms the code that was mailed.</summary>
        /// <param name="code">The code as the user typed it.</param>
        /// <param name="cancellationToken">Ends the call at once.</param>
        /// <returns>The token for <see cref="SetPassword"/>: a secret.</returns>
        /// <exception cref="ResetException">The call failed; a wrong code is <see cref="ResetCode.Rejected"/>.</exception>
        /// <exception cref="OperationCanceledException">
        /// The token was cancelled; <see cref="ResetException.RequestSent"/> of the inner exception tells whether the
        /// service may have acted.
        /// </exception>
        public virtual string ConfirmCode(string code, CancellationToken cancellationToken = default) =>
            Calls.ConfirmCode(Open, code, cancellationToken);

        /// <inheritdoc cref="ConfirmCode"/>
        /// <remarks>Await it: <c>Wait</c> and <c>Result</c> drop the inner exception of a cancelled call.</remarks>
        public virtual Task<string> ConfirmCodeAsync(string code, CancellationToken cancellationToken = default) =>
            OnOwnThread(Open, client => Calls.ConfirmCode(client, code, cancellationToken));

        /// <summary>Sets the new password.</summary>
        /// <param name="token">What <see cref="ConfirmCode"/> returned.</param>
        /// <param name="newPassword">The new password.</param>
        /// <param name="cancellationToken">Ends the call at once.</param>
        /// <exception cref="ResetException">
        /// The call failed; for a password that breaks the broker's rules the message has them.
        /// </exception>
        /// <exception cref="OperationCanceledException">
        /// The token was cancelled; <see cref="ResetException.RequestSent"/> of the inner exception tells whether the
        /// service may have acted.
        /// </exception>
        public virtual void SetPassword(string token, string newPassword, CancellationToken cancellationToken = default) =>
            Calls.SetPassword(Open, token, newPassword, cancellationToken);

        /// <inheritdoc cref="SetPassword"/>
        /// <returns>A task that ends when the password is set.</returns>
        /// <remarks>Await it: <c>Wait</c> and <c>Result</c> drop the inner exception of a cancelled call.</remarks>
        public virtual Task SetPasswordAsync(string token, string newPassword, CancellationToken cancellationToken = default) =>
            OnOwnThread(Open, client => Calls.SetPassword(client, token, newPassword, cancellationToken));

        /// <summary>
        /// Closes the client. Calls that have begun, asynchronous ones too, run to their end and the connections are
        /// closed after the last; later calls throw <see cref="ObjectDisposedException"/>. May be called more than once.
        /// </summary>
        public virtual void Dispose()
        {
            disposed = true;
            handle.Dispose();
        }

        /// <summary>Names the service, never the key.</summary>
        /// <returns>For instance "ResetClient(https://api.autoshares.dev)".</returns>
        public override string ToString() => $"{nameof(ResetClient)}({baseUrl})";

        private ClientHandle Open => disposed ? throw new ObjectDisposedException(nameof(ResetClient)) : handle;

        // The native call blocks. It gets a thread of its own: on threads of the pool a few slow calls would stop
        // everything else in the program that needs the pool. What the caller does next is no longer for that thread.
        // The task does not know the token: it would end a call that has not begun without saying what was sent.
        private static async Task<T> OnOwnThread<T>(ClientHandle client, Func<ClientHandle, T> call)
        {
            // Held from now on, not from when the thread begins: Dispose right after this method returned does no harm.
            bool held = false;
            try
            {
                client.DangerousAddRef(ref held);
                return await Task.Factory.StartNew(
                    () => call(client),
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach | TaskCreationOptions.RunContinuationsAsynchronously,
                    TaskScheduler.Default).ConfigureAwait(false);
            }
            finally
            {
                if (held)
                {
                    client.DangerousRelease();
                }
            }
        }
    }
}

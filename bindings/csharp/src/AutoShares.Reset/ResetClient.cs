using System;
using System.Diagnostics;
using System.Runtime.CompilerServices;
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
    /// <para>Failures are <see cref="ResetException"/>. Null where a text is required is an
    /// <see cref="ArgumentNullException"/>; any other text that cannot be sent (empty, with a U+0000 character, …) is a
    /// <see cref="ResetException"/> with <see cref="ResetCode.InvalidArgument"/>, because a person may have typed it.</para>
    /// <para>A call whose token is cancelled ends at once, in the native library too, with an
    /// <see cref="OperationCanceledException"/>. <see cref="ResetException.RequestSent"/> of its inner exception tells
    /// whether the service may have acted all the same. Await the task: <c>Wait</c> and <c>Result</c> drop the inner
    /// exception.</para>
    /// <para>An asynchronous call occupies one of the client's own threads, of which it has at most 64; further calls wait
    /// in order, and what they wait counts toward <see cref="ResetClientOptions.Timeout"/>.</para>
    /// <para>The native copies of key, answer, code, token and password are wiped. The C# strings are the runtime's and
    /// stay in memory until they are collected.</para>
    /// </remarks>
    [DebuggerDisplay("{ToString(),nq}")]
    public class ResetClient : IDisposable
    {
        private readonly ClientHandle? handle;
        private readonly string baseUrl;
        private readonly TimeSpan timeout;
        private volatile bool disposed;

        /// <summary>Makes a client. Checks all settings, connects to nothing.</summary>
        /// <param name="options">The settings; later changes to them have no effect on this client.</param>
        /// <exception cref="ResetException">A setting is unusable; the message says which and why.</exception>
        /// <exception cref="DllNotFoundException">The native library is missing or does not fit; the message says what was tried and what to do.</exception>
        public ResetClient(ResetClientOptions options)
        {
            _ = options ?? throw new ArgumentNullException(nameof(options));
            NativeLoader.EnsureUsable();
            handle = NativeConfig.MakeClient(options);
            baseUrl = options.BaseUrl;
            timeout = options.Timeout ?? ResetClientOptions.DefaultTimeout;
        }

        /// <summary>
        /// For a program's tests: a client without a service and without the native library, for a class that overrides the
        /// calls. Those that it does not override throw <see cref="NotSupportedException"/>.
        /// </summary>
        protected ResetClient() => baseUrl = "";

        /// <summary>The version of the native library, such as "0.1.0".</summary>
        public static unsafe string LibraryVersion
        {
            get
            {
                NativeLoader.EnsureUsable();
                return NativeText.Read(NativeMethods.asr_version())!;
            }
        }

        /// <summary>
        /// Makes a connection ready for the next call: look-up, TCP, proxy and TLS. A dialog calls it when it opens, so that
        /// the first response takes one round trip. Does nothing if an idle connection is ready.
        /// </summary>
        /// <param name="cancellationToken">Ends the call at once.</param>
        /// <exception cref="ResetException">The call failed.</exception>
        /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
        public virtual void Connect(CancellationToken cancellationToken = default) =>
            Run(Operation.Connect, null, null, cancellationToken);

        /// <inheritdoc cref="Connect"/>
        /// <returns>A task that ends when the connection is ready.</returns>
        public virtual Task ConnectAsync(CancellationToken cancellationToken = default) =>
            RunAsync(Operation.Connect, null, null, cancellationToken);

        /// <summary>Retrieves the user's secret question.</summary>
        /// <param name="username">Login or e-mail address.</param>
        /// <param name="cancellationToken">Ends the call at once.</param>
        /// <returns>The question; null if this account has none to answer.</returns>
        /// <exception cref="ResetException">The call failed.</exception>
        /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
        // NoInlining also forbids a tail call, which would hide the method from stack traces.
        [MethodImpl(MethodImplOptions.NoInlining)]
        public virtual string? GetSecretQuestion(string username, CancellationToken cancellationToken = default) =>
            Run(Operation.GetSecretQuestion, NotNull(username, nameof(username)), null, cancellationToken);

        /// <inheritdoc cref="GetSecretQuestion"/>
        public virtual Task<string?> GetSecretQuestionAsync(string username, CancellationToken cancellationToken = default) =>
            RunAsync(Operation.GetSecretQuestion, NotNull(username, nameof(username)), null, cancellationToken);

        /// <summary>
        /// Requests the reset: a confirmation code is mailed to the user. If the account has a question, a request
        /// without its answer fails with <see cref="ResetCode.AnswerIncorrect"/>.
        /// </summary>
        /// <param name="username">Login or e-mail address.</param>
        /// <param name="answer">The answer to the secret question; null for none.</param>
        /// <param name="cancellationToken">Ends the call at once.</param>
        /// <exception cref="ResetException">The call failed.</exception>
        /// <exception cref="OperationCanceledException">The token was cancelled; the service may have acted.</exception>
        public virtual void RequestReset(string username, string? answer = null, CancellationToken cancellationToken = default) =>
            Run(Operation.RequestReset, NotNull(username, nameof(username)), answer, cancellationToken);

        /// <inheritdoc cref="RequestReset"/>
        /// <returns>A task that ends when the service has accepted.</returns>
        public virtual Task RequestResetAsync(string username, string? answer = null, CancellationToken cancellationToken = default) =>
            RunAsync(Operation.RequestReset, NotNull(username, nameof(username)), answer, cancellationToken);

        /// <summary>Confirms the code that was mailed.</summary>
        /// <param name="code">The code as the user typed it.</param>
        /// <param name="cancellationToken">Ends the call at once.</param>
        /// <returns>The token for <see cref="SetPassword"/>: a secret.</returns>
        /// <exception cref="ResetException">The call failed; a wrong code is <see cref="ResetCode.Rejected"/>.</exception>
        /// <exception cref="OperationCanceledException">The token was cancelled; the service may have acted.</exception>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public virtual string ConfirmCode(string code, CancellationToken cancellationToken = default) =>
            Run(Operation.ConfirmCode, NotNull(code, nameof(code)), null, cancellationToken)!;

        /// <inheritdoc cref="ConfirmCode"/>
        public virtual Task<string> ConfirmCodeAsync(string code, CancellationToken cancellationToken = default) =>
            RunAsync(Operation.ConfirmCode, NotNull(code, nameof(code)), null, cancellationToken)!;

        /// <summary>Sets the new password.</summary>
        /// <param name="token">The token that <see cref="ConfirmCode"/> returned.</param>
        /// <param name="newPassword">The new password.</param>
        /// <param name="cancellationToken">Ends the call at once.</param>
        /// <exception cref="ResetException">The call failed; for a password that breaks the broker's rules the message has them.</exception>
        /// <exception cref="OperationCanceledException">The token was cancelled; the service may have acted.</exception>
        public virtual void SetPassword(string token, string newPassword, CancellationToken cancellationToken = default) =>
            Run(Operation.SetPassword, NotNull(token, nameof(token)), NotNull(newPassword, nameof(newPassword)), cancellationToken);

        /// <inheritdoc cref="SetPassword"/>
        /// <returns>A task that ends when the password is set.</returns>
        public virtual Task SetPasswordAsync(string token, string newPassword, CancellationToken cancellationToken = default) =>
            RunAsync(Operation.SetPassword, NotNull(token, nameof(token)), NotNull(newPassword, nameof(newPassword)), cancellationToken);

        /// <summary>
        /// Closes the client. Calls that have begun, asynchronous ones too, run to their end and the connections are
        /// closed after the last; later calls throw <see cref="ObjectDisposedException"/>. May be called more than once.
        /// </summary>
        public void Dispose()
        {
            Dispose(disposing: true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Does the work of <see cref="Dispose()"/>; a derived class that has more to close overrides it.</summary>
        /// <param name="disposing">True if <see cref="Dispose()"/> calls it, false if a finalizer does.</param>
        protected virtual void Dispose(bool disposing)
        {
            if (disposing)
            {
                disposed = true;
                handle?.Dispose();
            }
        }

        /// <summary>Names the service, never the key.</summary>
        /// <returns>For instance "ResetClient(https://api.autoshares.dev)".</returns>
        public override string ToString() => $"{nameof(ResetClient)}({baseUrl})";

        private static string NotNull(string text, string name) => text ?? throw new ArgumentNullException(name);

        private string? Run(Operation operation, string? first, string? second, CancellationToken cancellationToken)
        {
            ClientHandle client = Hold(operation);
            CallTrace trace = default;
            try
            {
                trace = CallTrace.Start(operation, baseUrl);
                return operation.Call(client, first, second, trace, cancellationToken);
            }
            catch (Exception e)
            {
                trace.Failed(e);
                throw;
            }
            finally
            {
                client.DangerousRelease();
                trace.Dispose();
            }
        }

        private Task<string?> RunAsync(Operation operation, string? first, string? second, CancellationToken cancellationToken) =>
            Finish(Hold(operation, "Async"), operation, first, second, cancellationToken);

        private async Task<string?> Finish(ClientHandle client, Operation operation, string? first, string? second, CancellationToken cancellationToken)
        {
            CallTrace trace = default;
            try
            {
                trace = CallTrace.Start(operation, baseUrl);
                string? Call(CancellationToken token) => operation.Call(client, first, second, trace, token);
                return cancellationToken.IsCancellationRequested
                    ? Call(cancellationToken) // which only says that nothing was sent
                    : await client.Threads.Run(new PendingCall(Call, timeout, cancellationToken)).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                trace.Failed(e);
                throw;
            }
            finally
            {
                client.DangerousRelease();
                trace.Dispose();
            }
        }

        // Keeps the handle open if Dispose is called during the call, whose end releases it.
        private ClientHandle Hold(Operation operation, string suffix = "")
        {
            bool held = false;
            try
            {
                if (!disposed)
                {
                    _ = handle ?? throw new NotSupportedException($"{GetType().Name} does not override {operation.Name}{suffix}.");
                    handle.DangerousAddRef(ref held);
                }
            }
            catch (ObjectDisposedException)
            {
                // Dispose closed the handle after the check above.
            }

            return held ? handle! : throw new ObjectDisposedException(nameof(ResetClient));
        }
    }
}

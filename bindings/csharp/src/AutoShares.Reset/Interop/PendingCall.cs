using System;
using System.Threading;
using System.Threading.Tasks;

namespace AutoShares.Reset.Interop
{
    /// <summary>An asynchronous call from when it is made to when its task ends.</summary>
    internal sealed class PendingCall : TaskCompletionSource<string?>
    {
        private readonly Func<CancellationToken, string?> call;
        private readonly TimeSpan allowed;
        private readonly CancellationToken cancellationToken;
        private CancellationTokenSource? watch;
        private int begun;
        private string? result;
        private Exception? error;

        // The caller's continuation must not run on the thread of the call.
        internal PendingCall(Func<CancellationToken, string?> call, TimeSpan allowed, CancellationToken cancellationToken)
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
            this.call = call;
            this.allowed = allowed;
            this.cancellationToken = cancellationToken;
        }

        /// <summary>Starts the time limit of a call that must wait, and watches its token.</summary>
        internal void Watch()
        {
            watch = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            try
            {
                watch.CancelAfter((int)Math.Min(Math.Ceiling(allowed.TotalMilliseconds), int.MaxValue));
            }
            catch (Exception e) when (e is OutOfMemoryException || e is TypeInitializationException)
            {
                // The runtime may be unable to start the thread for its timer. The call waits without a limit then.
            }

            // If the call still waits, the library ends it at once and reports that nothing was sent.
            watch.Token.Register(() => Run()?.End());
        }

        /// <summary>Makes the call; <see cref="End"/> then ends its task.</summary>
        /// <returns>This call; null if another thread made it.</returns>
        internal PendingCall? Run()
        {
            if (Interlocked.Exchange(ref begun, 1) != 0)
            {
                return null;
            }

            try
            {
                result = call(watch?.Token ?? cancellationToken);
            }
            catch (Exception e)
            {
                error = watch != null && e is OperationCanceledException ? Ended((ResetException)e.InnerException!) : e;
            }

            watch?.Dispose();
            return this;
        }

        internal void End() => _ = error == null ? TrySetResult(result) : TrySetException(error);

        private Exception Ended(ResetException cancelled) =>
            cancellationToken.IsCancellationRequested
                ? new OperationCanceledException(cancelled.Message, cancelled, cancellationToken)
                : (Exception)new ResetException(
                    ResetCode.Timeout,
                    FormattableString.Invariant($"The call took longer than {allowed.TotalSeconds} s; it waited for one of the client's threads."),
                    cancelled.HttpStatus,
                    requestSent: cancelled.RequestSent,
                    details: cancelled.Details);
    }
}

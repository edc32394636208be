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
        private string? result;
        private Exception? error;

        // What the caller does next is not for the thread of the call.
        internal PendingCall(Func<CancellationToken, string?> call, TimeSpan allowed, CancellationToken cancellationToken)
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
            this.call = call;
            this.allowed = allowed;
            this.cancellationToken = cancellationToken;
        }

        /// <summary>From now on the call is cancelled with its token and when its time is over, which begins now.</summary>
        /// <returns>What is then cancelled.</returns>
        internal CancellationToken Watch()
        {
            watch = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            try
            {
                watch.CancelAfter((int)Math.Min(Math.Ceiling(allowed.TotalMilliseconds), int.MaxValue));
            }
            catch (Exception e) when (e is OutOfMemoryException || e is TypeInitializationException)
            {
                // The runtime may need a thread for the timer, and have none. The call waits all the same.
            }

            return watch.Token;
        }

        internal void Run()
        {
            try
            {
                result = call(watch?.Token ?? cancellationToken);
            }
            catch (OperationCanceledException e) when (watch != null)
            {
                var inner = (ResetException)e.InnerException!;
                error = cancellationToken.IsCancellationRequested
                    ? new OperationCanceledException(e.Message, inner, cancellationToken)
                    : (Exception)new ResetException(
                        ResetCode.Timeout,
                        FormattableString.Invariant($"The call took longer than {allowed.TotalSeconds} s, part of which it waited for one of the client's threads."),
                        inner.HttpStatus,
                        requestSent: inner.RequestSent,
                        details: inner.Details);
            }
            catch (Exception e)
            {
                error = e;
            }
        }

        internal void Complete()
        {
            watch?.Dispose();
            if (error == null)
            {
                SetResult(result);
            }
            else
            {
                SetException(error);
            }
        }
    }
}

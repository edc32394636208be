using System;
using System.Threading;
using System.Threading.Tasks;

namespace AutoShares.Reset.Interop
{
    internal interface IPendingCall
    {
        void Watch(Action whenCancelled);

        void Run();

        void Complete();

        void Refuse(Exception reason);
    }

    /// <summary>An asynchronous call from when it is made to when its task ends.</summary>
    internal sealed class PendingCall<T> : TaskCompletionSource<T>, IPendingCall
    {
        private readonly Func<CancellationToken, T> call;
        private readonly TimeSpan allowed;
        private readonly CancellationToken cancellationToken;
        private CancellationTokenSource? watch;
        private T result = default!;
        private Exception? error;

        // What the caller does next is not for the thread of the call.
        internal PendingCall(Func<CancellationToken, T> call, TimeSpan allowed, CancellationToken cancellationToken)
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
            this.call = call;
            this.allowed = allowed;
            this.cancellationToken = cancellationToken;
        }

        /// <summary>From now on the call is cancelled with its token and when its time is over, which begins now.</summary>
        public void Watch(Action whenCancelled)
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

            watch.Token.Register(whenCancelled);
        }

        public void Run()
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
                        FormattableString.Invariant($"The call took longer than {allowed.TotalSeconds} s, part of which it waited because all {CallThreads.Limit} threads of the client were busy."),
                        requestSent: inner.RequestSent);
            }
            catch (Exception e)
            {
                error = e;
            }
        }

        public void Refuse(Exception reason)
        {
            error = new ResetException(ResetCode.Internal, $"There is no thread for the call: the system refuses to start one ({reason.GetType().Name}); try again when fewer are in use.");
            Complete();
        }

        public void Complete()
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

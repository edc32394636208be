using System;
using System.Threading;

namespace AutoShares.Reset.Interop
{
    /// <summary>A cancellation token as the library understands it, for the time of one call.</summary>
    internal readonly ref struct CallCancellation
    {
        internal readonly CancelHandle Handle;
        private static readonly Action<object?> Trigger = handle => NativeMethods.asr_cancel_trigger((CancelHandle)handle!);
        private readonly CancellationTokenRegistration registration;

        internal CallCancellation(CancellationToken cancellationToken)
        {
            if (!cancellationToken.CanBeCanceled)
            {
                Handle = CancelHandle.None;
                registration = default;
                return;
            }

            // Where the token is cancelled already, the handle is triggered here and now: the library then sends nothing,
            // and says so as it does of every other cancelled call.
            Handle = NativeMethods.asr_cancel_new();
            registration = cancellationToken.Register(Trigger, Handle);
        }

        public void Dispose()
        {
            // In this order: disposing the registration waits for a callback that is running, so that nobody's Cancel()
            // meets a handle that is gone.
            registration.Dispose();
            if (Handle != CancelHandle.None)
            {
                Handle.Dispose();
            }
        }
    }
}

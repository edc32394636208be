using System;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace AutoShares.Reset.Interop
{
    /// <summary>
    /// The owner of what the library made: it is freed exactly once, and never while a call that was given it runs, because
    /// the runtime counts such calls. Each opaque C type has its own class; the runtime makes the objects.
    /// </summary>
    internal abstract class NativeHandle : SafeHandleZeroOrMinusOneIsInvalid
    {
        protected NativeHandle() : base(ownsHandle: true)
        {
        }

        protected abstract void Free(IntPtr owned);

        protected override bool ReleaseHandle()
        {
            Free(handle);
            return true;
        }
    }

    internal sealed class ConfigHandle : NativeHandle
    {
        protected override void Free(IntPtr owned) => NativeMethods.asr_config_free(owned);
    }

    internal sealed class ClientHandle : NativeHandle
    {
        internal readonly CallThreads Threads = new CallThreads();

        protected override void Free(IntPtr owned) => NativeMethods.asr_client_free(owned);

        // By the finalizer too, where nobody disposed.
        protected override void Dispose(bool disposing)
        {
            Threads.Close();
            base.Dispose(disposing);
        }
    }

    /// <summary>A cancellation token as the library understands it, for the time of one call.</summary>
    internal sealed class CancelHandle : NativeHandle
    {
        /// <summary>NULL, for a call that cannot be cancelled: P/Invoke refuses a null SafeHandle.</summary>
        internal static readonly CancelHandle None = new CancelHandle();
        private static readonly Action<object?> Trigger = handle => NativeMethods.asr_cancel_trigger((CancelHandle)handle!);
        private CancellationTokenRegistration registration;

        internal static CancelHandle? For(CancellationToken cancellationToken)
        {
            if (!cancellationToken.CanBeCanceled)
            {
                return null;
            }

            // If the token is already cancelled, the handle is triggered here and now: the library then sends nothing,
            // and says so as it does of every other cancelled call.
            CancelHandle cancel = NativeMethods.asr_cancel_new();
            cancel.registration = cancellationToken.Register(Trigger, cancel);
            return cancel;
        }

        protected override void Free(IntPtr owned) => NativeMethods.asr_cancel_free(owned);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                // Waits for a callback that is running, so that nobody's Cancel() meets a handle that is gone.
                registration.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}

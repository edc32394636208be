using System;
using Microsoft.Win32.SafeHandles;

namespace AutoShares.Reset.Interop
{
    /// <summary>
    /// Owns an object of the library: frees it exactly once, and never while a call uses it, because the runtime counts such
    /// calls. Each opaque C type has its own class; the runtime makes the objects.
    /// </summary>
    internal abstract class NativeHandle : SafeHandleZeroOrMinusOneIsInvalid
    {
        protected NativeHandle() : base(ownsHandle: true) { }

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

        // The finalizer calls this if the program does not.
        protected override void Dispose(bool disposing)
        {
            Threads.Close();
            base.Dispose(disposing);
        }
    }

    internal sealed class CancelHandle : NativeHandle
    {
        /// <summary>NULL, for a call that cannot be cancelled: P/Invoke refuses a null SafeHandle.</summary>
        internal static readonly CancelHandle None = new CancelHandle();

        internal static readonly Action<object?> Trigger = handle => NativeMethods.asr_cancel_trigger((CancelHandle)handle!);

        protected override void Free(IntPtr owned) => NativeMethods.asr_cancel_free(owned);
    }
}

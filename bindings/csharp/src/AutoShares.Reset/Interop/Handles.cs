using Microsoft.Win32.SafeHandles;

namespace AutoShares.Reset.Interop
{
    // One class an opaque C type: a handle is freed exactly once, and never while a call that was given it runs,
    // because the runtime counts such calls. The constructors are for the runtime, which fills the handle in.

    internal sealed class ConfigHandle : SafeHandleZeroOrMinusOneIsInvalid
    {
        public ConfigHandle() : base(ownsHandle: true)
        {
        }

        protected override bool ReleaseHandle()
        {
            NativeMethods.asr_config_free(handle);
            return true;
        }
    }

    internal sealed class ClientHandle : SafeHandleZeroOrMinusOneIsInvalid
    {
        internal readonly CallThreads Threads = new CallThreads();

        public ClientHandle() : base(ownsHandle: true)
        {
        }

        // By the finalizer too, where nobody disposed.
        protected override void Dispose(bool disposing)
        {
            Threads.Close();
            base.Dispose(disposing);
        }

        protected override bool ReleaseHandle()
        {
            NativeMethods.asr_client_free(handle);
            return true;
        }
    }

    internal sealed class CancelHandle : SafeHandleZeroOrMinusOneIsInvalid
    {
        /// <summary>What C calls NULL: a call that cannot be cancelled. (A null SafeHandle cannot cross.)</summary>
        internal static readonly CancelHandle None = new CancelHandle();

        public CancelHandle() : base(ownsHandle: true)
        {
        }

        protected override bool ReleaseHandle()
        {
            NativeMethods.asr_cancel_free(handle);
            return true;
        }
    }
}

using System;
using System.Runtime.InteropServices;

// Look for the library beside this assembly and in the system's own places, never in the current directory.
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]

namespace AutoShares.Reset.Interop
{
    /// <summary>
    /// The C functions of <c>autoshares_reset.h</c> under their C names, so that a search finds both. Handles cross as
    /// <see cref="SafeHandle"/>, which the runtime keeps alive during a call; all else is blittable. No string, bool
    /// or delegate crosses: how those are converted differs between runtimes.
    /// </summary>
    internal static unsafe class NativeMethods
    {
        internal const string Library = "autoshares_reset";

        /// <summary>ASR_ABI_VERSION of the header that these declarations follow.</summary>
        internal const uint AbiVersion = 2;

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern ConfigHandle asr_config_new(byte* baseUrl, byte* appKey);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_config_set_api_version(ConfigHandle config, byte* apiVersion);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_config_set_timeout_ms(ConfigHandle config, uint milliseconds);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_config_set_connect_timeout_ms(ConfigHandle config, uint milliseconds);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_config_set_ca_file(ConfigHandle config, byte* path);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_config_set_ca_pem(ConfigHandle config, byte* pem);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_config_set_proxy(ConfigHandle config, byte* url);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_config_set_user_agent(ConfigHandle config, byte* userAgent);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_config_set_allow_http(ConfigHandle config, int yes);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_config_free(IntPtr config);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern ClientHandle asr_client_new(ConfigHandle config, out ResultHandle error);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_client_free(IntPtr client);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern CancelHandle asr_cancel_new();
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_cancel_trigger(CancelHandle cancel);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_cancel_free(IntPtr cancel);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern ResultHandle asr_secret_question(ClientHandle client, byte* username, CancelHandle cancel);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern ResultHandle asr_client_connect(ClientHandle client, CancelHandle cancel);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern ResultHandle asr_request_reset(ClientHandle client, byte* username, byte* answer, CancelHandle cancel);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern ResultHandle asr_confirm_code(ClientHandle client, byte* code, CancelHandle cancel);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern ResultHandle asr_set_password(ClientHandle client, byte* token, byte* newPassword, CancelHandle cancel);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern byte* asr_result_details(ResultHandle result);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern void asr_result_free(IntPtr result);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern byte* asr_version();
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
        internal static extern uint asr_abi_version();
    }
}

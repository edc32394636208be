using System;
using System.IO;
using System.Runtime.InteropServices;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>What not every system has that these tests run on.</summary>
    internal enum Need
    {
        Linux,
        Unix,

        /// <summary>That the tests run where they were built, so that they can start servers and programs.</summary>
        WhereBuilt,
    }

    /// <summary>Marks a test or a class of tests that cannot run everywhere. The runner names it, with the reason.</summary>
    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
    internal sealed class NeedsAttribute : Attribute
    {
        internal NeedsAttribute(Need need, string reason)
        {
            IsMissing = need switch
            {
                Need.Linux => !Here.IsLinux,
                Need.Unix => Here.IsWindows,
                _ => Here.Libraries != null,
            };
            Reason = reason;
        }

        internal bool IsMissing { get; }

        internal string Reason { get; }
    }

    /// <summary>The system that the tests run on.</summary>
    internal static class Here
    {
        internal static readonly bool IsLinux = RuntimeInformation.IsOSPlatform(OSPlatform.Linux);
        internal static readonly bool IsWindows = RuntimeInformation.IsOSPlatform(OSPlatform.Windows);

        /// <summary>
        /// Set where the tests run on another system than the one that builds: scripts/test-windows-csharp.sh has started
        /// the servers there, and has compiled the libraries of these tests into this folder.
        /// </summary>
        internal static readonly string? Libraries = Environment.GetEnvironmentVariable("AUTOSHARES_TEST_LIBRARIES");

        internal static readonly string LibraryName =
            IsWindows ? "autoshares_reset.dll" : IsLinux ? "libautoshares_reset.so" : "libautoshares_reset.dylib";

        internal static readonly string LibrarySuffix = Path.GetExtension(LibraryName);

        internal static string Rid =>
            (IsWindows ? "win" : IsLinux ? "linux" : "osx") + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
    }
}

using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Xunit;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>Tools and features that some systems of these tests lack.</summary>
    internal enum Need
    {
        Linux,
        Unix,

        /// <summary>The tests run where they were built, so that they can start servers and programs.</summary>
        WhereBuilt,
    }

    /// <summary>A test that cannot run everywhere; the runner names it, with the reason.</summary>
    internal sealed class FactThatNeedsAttribute : FactAttribute
    {
        public FactThatNeedsAttribute(Need need, string reason, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
            : base(file, line)
        {
            bool isMissing = need switch
            {
                Need.Linux => !Here.IsLinux,
                Need.Unix => Here.IsWindows,
                _ => Here.Libraries != null,
            };
            Skip = isMissing ? reason : null;
        }
    }

    /// <summary>The system that the tests run on.</summary>
    internal static class Here
    {
        internal static readonly bool IsLinux = RuntimeInformation.IsOSPlatform(OSPlatform.Linux);
        internal static readonly bool IsWindows = RuntimeInformation.IsOSPlatform(OSPlatform.Windows);

        /// <summary>
        /// Set where the tests run on another system than the one that builds: tests/platforms/csharp.sh has started
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

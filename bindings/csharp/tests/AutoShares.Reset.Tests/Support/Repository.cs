using System;
using System.IO;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>Paths in the checkout that this program was built in.</summary>
    internal static class Repository
    {
        internal static readonly string Root = FindRoot();

        internal static string Header => File.ReadAllText(Path.Combine(Root, "include", "autoshares_reset.h"));

        /// <summary>A program of the workspace, built before the tests run.</summary>
        internal static string Program(string name) =>
            Path.Combine(Environment.GetEnvironmentVariable("CARGO_TARGET_DIR") ?? Path.Combine(Root, "target"), "release", Here.IsWindows ? name + ".exe" : name);

        private static string FindRoot()
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Cargo.toml")))
                {
                    return folder.FullName;
                }
            }

            throw new DirectoryNotFoundException("this program does not lie in the checkout");
        }
    }
}

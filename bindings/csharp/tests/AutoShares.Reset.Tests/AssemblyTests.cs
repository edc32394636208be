using System.Diagnostics;
using System.Linq;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>The assembly itself: its start, strong name, symbols and target.</summary>
    public static class AssemblyTests
    {
        [Fact]
        public static void This_program_starts_itself_once_and_refuses_what_it_does_not_know()
        {
            using var child = new Child();
            string version = ResetClient.LibraryVersion;
            Assert.Contains("loaded " + version, child.Run("load"));
            child.Refuse("--chlid load");
            child.Refuse("--child");
            child.Refuse("load");
        }

#if NETCOREAPP
        [FactThatNeeds(Need.WhereBuilt, "the host is a program of the system that built it")]
        public static void Its_own_host_starts_it_as_an_SDKs_run_does()
        {
            using var child = new Child();
            Assert.Contains("loaded " + ResetClient.LibraryVersion, child.RunBeside("AutoShares.Reset.Tests", "--child again"));
        }
#endif

        [Fact]
        public static void It_has_a_strong_name() =>
            Assert.Equal(8, typeof(ResetClient).Assembly.GetName().GetPublicKeyToken()?.Length);

#if NETCOREAPP && !DEBUG
        // Checks the shipped assembly. Mono reads symbols only with an option.
        [Fact]
        public static void Its_symbols_name_the_sources_from_the_root_of_the_repository()
        {
            var error = Assert.Throws<ResetException>(() => new ResetClient(new ResetClientOptions()).Dispose());
            var sources = new StackTrace(error, fNeedFileInfo: true).GetFrames()!
                .Where(frame => frame!.GetMethod()!.Module.Assembly == typeof(ResetClient).Assembly)
                .Select(frame => frame!.GetFileName() ?? "").ToList();
            Assert.Equal("/_/bindings/csharp/src/AutoShares.Reset/Interop/ResultHandle.cs", sources.First());
            Assert.Equal("/_/bindings/csharp/src/AutoShares.Reset/ResetClient.cs", sources.Last());
        }
#endif
    }
}

using System;
using System.Diagnostics;
using System.IO;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>The native library is found, or an error says why not; all its objects are freed.</summary>
    public static class LibraryTests
    {
        [Fact]
        public static void A_missing_library_says_what_was_tried_and_what_to_do()
        {
            using var child = new Child();
            File.Delete(child.Library);
            string said = Twice(child.Run("load"), "DllNotFoundException ");
            Assert.Contains(Here.LibraryName, said);
            Assert.Contains(child.Folder, said);
            Assert.Contains($"runtimes/{Here.Rid}/native", said);
            Assert.Contains("Reference the package AutoShares.Reset", said);
#if NETCOREAPP
            Assert.Contains("AUTOSHARES_RESET_LIBRARY", said);
#else
            Assert.DoesNotContain("AUTOSHARES_RESET_LIBRARY", said);
#endif
        }

        [Fact]
        public static void An_older_library_is_refused()
        {
            using var child = new Child();
            child.CountCalls();
            child["COUNTED_ABI"] = "0";
            string said = Twice(child.Run("load"), "DllNotFoundException ");
            Assert.Contains("older than this package", said);
            Assert.Contains(child.Folder, said);
        }

        [Fact]
        public static void A_newer_library_is_accepted()
        {
            using var child = new Child();
            child.CountCalls();
            child["COUNTED_ABI"] = "99";
            Assert.Contains("loaded " + ResetClient.LibraryVersion, child.Run("load"));
        }

        [Fact]
        public static void Another_library_of_that_name_is_refused()
        {
            using var child = new Child();
            child.ReplaceLibrary("other");
            string said = Twice(child.Run("load"), "DllNotFoundException ");
            Assert.Contains("asr_abi_version", said);
        }

        [Fact]
        public static void A_file_that_is_not_a_library_is_refused()
        {
            using var child = new Child();
            File.WriteAllText(child.Library, "not a library");
            Twice(child.Run("load"), "DllNotFoundException ");
        }

#if NETCOREAPP
        // .NET Framework and Mono have no such hook: there the file beside the program is the way.
        [Fact]
        public static void The_environment_names_another_library()
        {
            using var child = new Child();
            string elsewhere = Path.Combine(child.Folder, "under another.name");
            File.Move(child.Library, elsewhere);
            child["AUTOSHARES_RESET_LIBRARY"] = elsewhere;
            Assert.Contains("loaded " + ResetClient.LibraryVersion, child.Run("load"));
        }

        [Fact]
        public static void A_wrong_path_in_the_environment_is_reported_and_not_replaced()
        {
            using var child = new Child();
            child["AUTOSHARES_RESET_LIBRARY"] = "/there/is/no/such.so";
            string said = Twice(child.Run("load"), "DllNotFoundException ");
            Assert.Contains("/there/is/no/such.so", said);
            Assert.Contains("AUTOSHARES_RESET_LIBRARY", said);
        }

        [Fact]
        public static void A_missing_library_of_a_plugin_names_its_folder_too()
        {
            using var child = new Child();
            string folder = Directory.CreateDirectory(Path.Combine(child.Folder, "plugin")).FullName;
            child["PLUGIN"] = Path.Combine(folder, "AutoShares.Reset.dll");
            File.Copy(Path.Combine(child.Folder, "AutoShares.Reset.dll"), Path.Combine(folder, "AutoShares.Reset.dll"));
            File.Delete(child.Library);
            string said = child.Run("plugin");
            Assert.Contains($"in {folder}, in {child.Folder}", said);
        }

        [Fact]
        public static void A_resolver_of_the_program_goes_first()
        {
            using var child = new Child();
            string elsewhere = Path.Combine(child.Folder, "elsewhere" + Here.LibrarySuffix);
            File.Move(child.Library, elsewhere);
            child["OWN_PATH"] = elsewhere;
            child["AUTOSHARES_RESET_LIBRARY"] = "/there/is/no/such.so";
            Assert.Contains("loaded " + ResetClient.LibraryVersion, child.Run("own-resolver"));
        }

        [Fact]
        public static void All_functions_come_from_one_file_whatever_becomes_of_the_environment()
        {
            using var child = new Child();
            string named = Path.Combine(child.Folder, "named-autoshares" + Here.LibrarySuffix);
            File.Copy(child.Library, named);
            child["AUTOSHARES_RESET_LIBRARY"] = named;
            Assert.Equal(Path.GetFileName(named), child.Run("changed-environment"));

            child["AUTOSHARES_RESET_LIBRARY"] = "";
            child["LATER_PATH"] = named;
            Assert.Equal(Here.LibraryName, child.Run("changed-environment"));
        }

        // Mono ends only after a running native call has returned, at the latest by its timeout.
        [Fact]
        public static void A_program_may_end_while_a_call_runs()
        {
            using var child = new Child();
            var watch = Stopwatch.StartNew();
            Assert.Equal("leaving", child.Run("end-in-a-call"));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed} is less than the time that the call may take");
        }
#endif

        [Fact]
        public static void A_success_without_a_token_is_a_failure()
        {
            using var child = new Child();
            child.CountCalls();
            child["COUNTED_CODE"] = "2";
            Assert.Equal("The library reported a success, but no token.", child.Run("no-token"));
        }

        [Fact]
        public static void Everything_that_the_library_hands_out_is_freed()
        {
            using var child = new Child();
            child.CountCalls();

            // Configs: 1 + 50 unusable. Clients: 1. Cancels: 10 + 50 times 1 unused, 1 used up. Results: 10 cancelled,
            // 50 times 5 done, 2 refused, 1 cancelled, 1 unmade client.
            Assert.Equal("made 51 1 110 460, live 0 0 0 0", child.Run("calls"));
        }

        [Fact]
        public static void A_password_is_wiped_after_the_call_whether_it_can_be_sent_or_not()
        {
            using var child = new Child();
            child.CountCalls();
            Assert.Equal("nothing nothing nothing nothing", child.Run("wiped"));
        }

        [Fact]
        public static void The_garbage_collector_frees_a_client_that_was_not_disposed()
        {
            using var child = new Child();
            child.CountCalls();
            Assert.Equal("made 1 1 0 0, live 0 0 0 0", child.Run("forgotten-client"));
        }

        // Both attempts print the same, and begin as they should.
        private static string Twice(string output, string start)
        {
            string half = output.Substring(0, output.Length / 2);
            Assert.Equal(half.Trim(), output.Substring(half.Length).Trim());
            Assert.StartsWith(start, half, StringComparison.Ordinal);
            return half;
        }
    }
}

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using Xunit;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>
    /// This program once more, in a separate folder and process. A process chooses its native library only once, so
    /// each of these cases needs a new one.
    /// </summary>
    internal sealed class Child : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
        private readonly Dictionary<string, string> environment = new Dictionary<string, string>();

        internal Child()
        {
            Folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "autoshares-reset-test-" + Guid.NewGuid())).FullName;
            foreach (string file in Directory.GetFiles(AppContext.BaseDirectory))
            {
                File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
            }
        }

        internal string Folder { get; }

        internal string Library => Path.Combine(Folder, Here.LibraryName);

        internal string this[string variable]
        {
            set => environment[variable] = value;
        }

        /// <summary>Puts a library made of a C source of these tests where the real one lies.</summary>
        internal void ReplaceLibrary(string name)
        {
            File.Delete(Library);
            Make(name, Library);
        }

        /// <summary>Loads a library before all others, made of a C source of these tests.</summary>
        internal void Preload(string name)
        {
            string preloaded = Path.Combine(Folder, "libpreloaded.so");
            Make(name, preloaded);
            this["LD_PRELOAD"] = preloaded;
        }

        /// <summary>Replaces the library by one that counts and passes everything on to the real one.</summary>
        internal void CountCalls()
        {
            string real = Path.Combine(Folder, "real" + Here.LibrarySuffix);
            File.Copy(Library, real);
            ReplaceLibrary("counting");
            this["COUNTED_LIBRARY"] = real;
        }

        /// <summary>Runs one of <see cref="Children"/> to its end and returns its output.</summary>
        internal string Run(string name) => RunThis("--child " + name);

        /// <summary>Runs this program with arguments that it must refuse.</summary>
        internal void Refuse(string arguments) => RunThis(arguments, refused: true);

        /// <summary>Runs a program that lies beside this one.</summary>
        internal string RunBeside(string program, string arguments) => RunProcess(Path.Combine(Folder, program), arguments, environment);

        public void Dispose() => Directory.Delete(Folder, recursive: true);

        // Runs the program by its own host if it has one, else by the runtime.
        private string RunThis(string arguments, bool refused = false)
        {
            string runtime = Process.GetCurrentProcess().MainModule!.FileName!;
            string program = Path.GetFileName(typeof(Child).Assembly.Location);
            string host = Path.GetFileName(runtime);
            return host == Path.ChangeExtension(program, null) || host == Path.ChangeExtension(program, ".exe")
                ? RunProcess(Path.Combine(Folder, host), arguments, environment, refused)
                : RunProcess(runtime, $"\"{Path.Combine(Folder, program)}\" {arguments}", environment, refused);
        }

        private static void Make(string name, string library)
        {
            if (Here.Libraries != null)
            {
                File.Copy(Path.Combine(Here.Libraries, name + Here.LibrarySuffix), library);
                return;
            }

            string source = Path.Combine(Repository.Root, "bindings/csharp/tests/AutoShares.Reset.Tests/native", name + ".c");
            string options = Here.IsWindows ? "" : "-fPIC -ldl";
            RunProcess(Here.IsWindows ? "gcc" : "cc", $"-O1 -Wall -Werror -shared -I \"{Repository.Root}/include\" -o \"{library}\" \"{source}\" {options}", null);
        }

        private static string RunProcess(string program, string arguments, Dictionary<string, string>? environment, bool refused = false)
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = refused, UseShellExecute = false };

            // The tests may run with an override, which must not reach their children.
            start.EnvironmentVariables.Remove("AUTOSHARES_RESET_LIBRARY");
            foreach (KeyValuePair<string, string> variable in environment ?? new Dictionary<string, string>())
            {
                start.EnvironmentVariables[variable.Key] = variable.Value;
            }

            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            if (!output.Wait(Patience) || !process.WaitForExit((int)Patience.TotalMilliseconds))
            {
                process.Kill();
                throw new TimeoutException($"{program} {arguments} did not end");
            }

            Assert.True((process.ExitCode != 0) == refused, $"exit status {process.ExitCode} of {program} {arguments}, which printed {output.Result}");
            return output.Result.Trim();
        }
    }
}

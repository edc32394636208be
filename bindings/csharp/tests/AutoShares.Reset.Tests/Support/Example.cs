#if NETCOREAPP
using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>One run of an example program: through pipes, as a script would run it, or at a terminal.</summary>
    internal sealed class Example : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
        private readonly Process process;
        private readonly StringBuilder output = new StringBuilder();
        private readonly Thread reader;
        private readonly Task<string> errors;
        private int awaited;

        internal Example(string name, Emulator emulator, string? appKey, params string[] args)
            : this(false, name, emulator, appKey, args)
        {
        }

        private Example(bool atTerminal, string name, Emulator? emulator, string? appKey, string[] args, string? outputFile = null)
        {
            // The folder names of this program are those of the examples: configuration and framework.
            var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            string program = Path.Combine(Repository.Root, "target", "csharp", "bin", name, framework.Parent!.Name, framework.Name, name + ".dll");
            Assert.True(File.Exists(program), program + " is built");
            // If these tests do not run under `dotnet`, the runtime is the one on PATH.
            string runtime = Process.GetCurrentProcess().MainModule!.FileName!;
            runtime = Path.GetFileNameWithoutExtension(runtime) == "dotnet" ? runtime : "dotnet";
            string[] command = args.Prepend(program).Prepend(runtime).ToArray();
            if (atTerminal)
            {
                // A background job of a shell ignores Ctrl-C, and so do its children. A shell that waits for one ends at Ctrl-C.
                string line = "exec env --default-signal=INT " + string.Join(" ", command.Select(word => $"'{word}'"));
                command = new[] { "script", "-qec", line, "/dev/null" };
            }

            if (outputFile != null)
            {
                command = new[] { "sh", "-c", "exec \"$@\" >" + outputFile, "sh" }.Concat(command).ToArray();
            }

            var start = new ProcessStartInfo(command[0])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardOutputEncoding = Encoding.UTF8,
                StandardErrorEncoding = Encoding.UTF8,
            };
            Array.ForEach(command.Skip(1).ToArray(), start.ArgumentList.Add);
            Set(start, "AUTOSHARES_APP_KEY", appKey);
            Set(start, "AUTOSHARES_BASE_URL", emulator?.BaseUrl);
            Set(start, "AUTOSHARES_CA_FILE", emulator?.CaFile);
            process = Process.Start(start)!;
            StreamReader shown = process.StandardOutput;
            reader = new Thread(() => Collect(shown)) { IsBackground = true };
            reader.Start();
            errors = process.StandardError.ReadToEndAsync();
        }

        /// <summary>A program whose output goes to a file.</summary>
        internal static Example WritingTo(string file, string name, Emulator emulator, params string[] args) =>
            new Example(false, name, emulator, Emulator.AppKey, args, file);

        /// <summary>The wizard for a server other than the emulator.</summary>
        internal static Example Wizard(SlowServer server) =>
            new Example(false, "Wizard", null, "any-key", new[] { $"http://127.0.0.1:{server.Port}" });

        /// <summary>The wizard at a terminal, which shows output and errors alike.</summary>
        internal static Example WizardAtTerminal(SlowServer server) =>
            new Example(true, "Wizard", null, "any-key", new[] { $"http://127.0.0.1:{server.Port}" });

        internal void Type(params string[] lines) => Press(string.Concat(lines.Select(line => line + "\n")));

        internal void Press(string keys)
        {
            process.StandardInput.Write(keys);
            process.StandardInput.Flush();
        }

        /// <summary>Waits until this text is shown, after the text that was awaited before.</summary>
        internal void Await(string text)
        {
            for (var watch = Stopwatch.StartNew(); ; Thread.Sleep(2))
            {
                lock (output)
                {
                    string shown = output.ToString();
                    int at = shown.IndexOf(text, awaited, StringComparison.Ordinal);
                    if (at >= 0)
                    {
                        awaited = at + text.Length;
                        return;
                    }

                    Assert.True(watch.Elapsed < Patience, $"<{text}> follows in <{shown}>");
                }
            }
        }

        /// <summary>Ends the input and waits until the program ends with this status.</summary>
        internal (string Output, string Errors) End(int status)
        {
            process.StandardInput.Close();
            return Ended(status);
        }

        /// <summary>Waits until the program ends by itself with this status.</summary>
        internal (string Output, string Errors) Ended(int status)
        {
            Assert.True(process.WaitForExit((int)Patience.TotalMilliseconds), "the program ends");
            reader.Join();
            Assert.True(process.ExitCode == status, $"the exit status {process.ExitCode} is {status} ({errors.Result})");
            return (Lines(output.ToString()), Lines(errors.Result));
        }

        public void Dispose()
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            process.Dispose();
        }

        private static string Lines(string text) => text.Replace(Environment.NewLine, "\n");

        private static void Set(ProcessStartInfo start, string variable, string? value)
        {
            start.EnvironmentVariables.Remove(variable);
            if (!string.IsNullOrEmpty(value))
            {
                start.EnvironmentVariables[variable] = value;
            }
        }

        private void Collect(StreamReader shown)
        {
            var part = new char[1024];
            for (int count; (count = shown.Read(part, 0, part.Length)) > 0;)
            {
                lock (output)
                {
                    output.Append(part, 0, count);
                }
            }
        }
    }
}
#endif

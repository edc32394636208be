using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>A program that serves the tests and ends with them: it watches its standard input.</summary>
    internal sealed class Companion : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
        private readonly Process process;
        private readonly Thread reader;
        private readonly BlockingCollection<string> lines = new BlockingCollection<string>();

        internal Companion(string program, string arguments)
        {
            process = Process.Start(new ProcessStartInfo(Repository.Program(program), arguments + " --until-stdin-closes")
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            })!;
            reader = new Thread(Read) { IsBackground = true };
            reader.Start();
        }

        /// <summary>Skips lines up to the next one that starts so, and returns the rest of that line.</summary>
        internal string Next(string start)
        {
            while (lines.TryTake(out string? line, Patience))
            {
                if (line.StartsWith(start, StringComparison.Ordinal))
                {
                    return line.Substring(start.Length);
                }
            }

            throw new InvalidOperationException($"{process.StartInfo.FileName} did not print {start}");
        }

        public void Dispose()
        {
            process.StandardInput.Close();
            if (!process.WaitForExit(1000))
            {
                process.Kill();
            }

            reader.Join();
            process.Dispose();
        }

        private void Read()
        {
            for (string? line = process.StandardOutput.ReadLine(); line != null; line = process.StandardOutput.ReadLine())
            {
                lines.Add(line);
            }

            lines.CompleteAdding();
        }
    }
}

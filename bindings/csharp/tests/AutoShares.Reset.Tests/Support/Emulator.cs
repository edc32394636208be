using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>The emulator in a separate process, or the one that the environment names.</summary>
    internal sealed class Emulator : IDisposable
    {
        internal const string AppKey = "emulator-app-key";
        internal const string Hello = "hello@autoshares.com";
        internal const string Robert = "robert.zak";
        internal const string RobertsAnswer = "Peterson";
        internal const string Zoe = "zoe@autoshares.com";
        internal const string ZoesQuestion = "¿Cómo se llamaba tu primera mascota? 🐶";
        internal const string NoQuestion = "noquestion@autoshares.com";
        internal const string ZoesAnswer = "Ñandú";
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
        private readonly Companion? program;
        private readonly string? caFile;

        // A given emulator is shared, so its mailbox has mails of earlier tests.
        private readonly Dictionary<string, string> read = new Dictionary<string, string>();

        internal Emulator(bool https = false, int tokenSeconds = 600, string unknownUser = "refuse")
        {
            if (Here.Libraries != null)
            {
                BaseUrl = Environment.GetEnvironmentVariable("AUTOSHARES_BASE_URL")!;
                HttpsUrl = https ? Environment.GetEnvironmentVariable("AUTOSHARES_HTTPS_URL")! : "";
                CaFile = https ? Environment.GetEnvironmentVariable("AUTOSHARES_CA_FILE")! : "";
                foreach (string user in new[] { Hello, Robert, Zoe, NoQuestion })
                {
                    read[user] = LastCode(user);
                }

                return;
            }

            caFile = https ? Path.GetTempFileName() : null;
            program = new Companion("autoshares-emulator", $"--port 0 --token-lifetime {tokenSeconds} --unknown-user {unknownUser}" + (https ? $" --https --ca-file \"{caFile}\"" : ""));
            BaseUrl = program.Next("AUTOSHARES_BASE_URL=");
            HttpsUrl = https ? program.Next("AUTOSHARES_HTTPS_URL=") : "";
            CaFile = https ? program.Next("AUTOSHARES_CA_FILE=") : "";
            program.Next("ready");
        }

        internal string BaseUrl { get; }

        internal string HttpsUrl { get; }

        internal string CaFile { get; }

        internal ResetClient Client(string appKey = AppKey) =>
            new ResetClient(new ResetClientOptions { BaseUrl = BaseUrl, AppKey = appKey });

        /// <summary>Waits for the next mail to this user, and returns its code.</summary>
        internal string MailedCode(string user)
        {
            if (program != null)
            {
                return program.Next($"MAIL to={user} code=");
            }

            for (var watch = Stopwatch.StartNew(); watch.Elapsed < Patience; Thread.Sleep(10))
            {
                string code = LastCode(user);
                if (code != read[user])
                {
                    return read[user] = code;
                }
            }

            throw new TimeoutException("no mail came for " + user);
        }

        public void Dispose()
        {
            program?.Dispose();
            if (caFile != null)
            {
                File.Delete(caFile);
            }
        }

        // Empty if no mail came yet.
        private string LastCode(string user)
        {
            var service = new Uri(BaseUrl);
            using var connection = new TcpClient(service.Host, service.Port);
            using var stream = connection.GetStream();
            byte[] request = Encoding.ASCII.GetBytes(
                $"GET /emulator/mail?user={user} HTTP/1.1\r\nHost: {service.Authority}\r\nConnection: close\r\n\r\n");
            stream.Write(request, 0, request.Length);
            using var reader = new StreamReader(stream);
            return Regex.Match(reader.ReadToEnd(), "\"code\": *\"(.*?)\"").Groups[1].Value;
        }
    }
}

using System;
using System.IO;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>The emulated service in a process of its own.</summary>
    internal sealed class Emulator : IDisposable
    {
        internal const string AppKey = "emulator-app-key";
        internal const string Hello = "hello@autoshares.com";
        internal const string Robert = "robert.zak";
        internal const string RobertsAnswer = "Peterson";
        internal const string Zoe = "zoe@autoshares.com";
        internal const string ZoesQuestion = "¿Cómo se llamaba tu primera mascota? 🐶";
        internal const string ZoesAnswer = "Ñandú";
        private readonly Companion program;
        private readonly string? caFile;

        internal Emulator(bool https = false, int tokenSeconds = 600, string unknownUser = "refuse")
        {
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

        /// <summary>The code of the next mail to this user; waits until it is there.</summary>
        internal string MailedCode(string user) => program.Next($"MAIL to={user} code=");

        public void Dispose()
        {
            program.Dispose();
            if (caFile != null)
            {
                File.Delete(caFile);
            }
        }
    }
}

#if NETCOREAPP
using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using AutoShares.Reset.Tests.Support;

namespace AutoShares.Reset.Tests
{
    /// <summary>The example programs, run as a script would run them: through pipes.</summary>
    [Tests]
    internal static class ExampleTests
    {
        private const string GoodPassword = "N3w-Passw0rd!";

        private static readonly string[][] Stops =
        {
            new string[0],
            new[] { "" },
            new[] { Emulator.Robert },
            new[] { Emulator.Robert, "" },
            new[] { Emulator.Robert, Emulator.RobertsAnswer, "" },
        };

        public static void The_wizard_leads_from_forgotten_to_changed_past_every_mistake()
        {
            using var emulator = new Emulator();
            using var wizard = new Example("Wizard", emulator, Emulator.AppKey, emulator.BaseUrl);
            wizard.Type(Emulator.Robert, "wrong-answer", Emulator.RobertsAnswer);
            string code = emulator.MailedCode(Emulator.Robert);
            wizard.Type("wrong-code", code, GoodPassword, "Something-3lse!", "weak", "weak", GoodPassword, GoodPassword);
            (int status, string output, string errors) = wizard.End();

            Check.Equal(0, status, errors);
            Check.Equal(
                "Username: What is your mother's maiden name?\n"
                + "Answer: Answer: A code is on its way to you by mail.\n"
                + "Code: Code: New password: Repeat it: New password: Repeat it: New password: Repeat it: Your password is changed.\n",
                output);
            string[] said = errors.TrimEnd().Split('\n');
            Check.Equal(4, said.Length, errors);
            Check.Equal("Answer is incorrect, try again.", said[0]);
            Check.Equal("The two are not the same.", said[2]);
            string[] secrets = { Emulator.AppKey, "wrong-answer", Emulator.RobertsAnswer, "wrong-code", code, GoodPassword, "Something-3lse!" };
            foreach (string secret in secrets)
            {
                Check.Lacks(secret, output + errors);
            }
        }

        public static void The_wizard_asks_no_question_where_there_is_none()
        {
            using var emulator = new Emulator();
            using var wizard = new Example("Wizard", emulator, Emulator.AppKey, "noquestion@autoshares.com");
            wizard.Type(emulator.MailedCode("noquestion@autoshares.com"), GoodPassword, GoodPassword);
            (int status, string output, string errors) = wizard.End();
            Check.Equal(0, status, errors);
            Check.Lacks("Answer: ", output);
            Check.Equal("", errors);
        }

        public static void The_wizard_stops_at_an_empty_line_and_at_the_end_of_input()
        {
            using var emulator = new Emulator();
            foreach (string[] typed in Stops)
            {
                using var wizard = new Example("Wizard", emulator, Emulator.AppKey);
                wizard.Type(typed);
                (int status, string output, string errors) = wizard.End();
                Check.Equal(1, status);
                Check.Equal("Stopped. The password is not changed.\n", errors);
                Check.Lacks("Your password is changed", output);
            }
        }

        public static void Each_program_says_by_its_exit_status_what_failed()
        {
            using var emulator = new Emulator();
            foreach (string program in new[] { "SecretQuestion", "Wizard" })
            {
                Ends(2, new Example(program, emulator, null, Emulator.Hello));
                Ends(2, new Example(program, emulator, Emulator.AppKey, emulator.BaseUrl, "one", "too many"));
                Ends(3, new Example(program, emulator, "another-key", Emulator.Hello));
                Ends(4, new Example(program, emulator, Emulator.AppKey, "nobody@autoshares.com"));
                Ends(4, new Example(program, emulator, Emulator.AppKey, "limited@autoshares.com"));
                Ends(5, new Example(program, emulator, Emulator.AppKey, "http://127.0.0.1:1", Emulator.Hello));
                Ends(1, new Example(program, emulator, Emulator.AppKey, "http://broker.example", Emulator.Hello));
            }
        }

        public static void The_question_alone_is_printed()
        {
            using var emulator = new Emulator(https: true);
            using var plain = new Example("SecretQuestion", emulator, Emulator.AppKey, Emulator.Zoe);
            Check.Equal((0, Emulator.ZoesQuestion + "\n", ""), plain.End());
            using var secure = new Example("SecretQuestion", emulator, Emulator.AppKey, emulator.HttpsUrl, Emulator.Hello);
            Check.Equal((0, "What street did you live on in third grade?\n", ""), secure.End());
            using var none = new Example("SecretQuestion", emulator, Emulator.AppKey, "noquestion@autoshares.com");
            Check.Equal((0, "This account has no secret question.\n", ""), none.End());
        }

        private static void Ends(int expected, Example example)
        {
            using (example)
            {
                (int status, string output, string errors) = example.End();
                Check.Equal(expected, status, errors);
                Check.Equal("", output);
                Check.True(errors.TrimEnd().Length > 0, "something is said");
            }
        }

        /// <summary>One run of an example program.</summary>
        private sealed class Example : IDisposable
        {
            private readonly Process process;
            private readonly Task<string> output;
            private readonly Task<string> errors;

            internal Example(string name, Emulator emulator, string? appKey, params string[] args)
            {
                // The folder names of this program are those of the examples: configuration and framework.
                var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
                string program = Path.Combine(Repository.Root, "target", "csharp", "bin", name, framework.Parent!.Name, framework.Name, name + ".dll");
                var start = new ProcessStartInfo("dotnet")
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                };
                Array.ForEach(args.Prepend(program).ToArray(), start.ArgumentList.Add);
                start.EnvironmentVariables.Remove("AUTOSHARES_APP_KEY");
                if (appKey != null)
                {
                    start.EnvironmentVariables["AUTOSHARES_APP_KEY"] = appKey;
                }

                start.EnvironmentVariables["AUTOSHARES_BASE_URL"] = emulator.BaseUrl;
                start.EnvironmentVariables.Remove("AUTOSHARES_CA_FILE");
                if (emulator.CaFile.Length > 0)
                {
                    start.EnvironmentVariables["AUTOSHARES_CA_FILE"] = emulator.CaFile;
                }

                process = Process.Start(start)!;
                output = process.StandardOutput.ReadToEndAsync();
                errors = process.StandardError.ReadToEndAsync();
            }

            internal void Type(params string[] lines)
            {
                Array.ForEach(lines, process.StandardInput.WriteLine);
                process.StandardInput.Flush();
            }

            internal (int Status, string Output, string Errors) End()
            {
                process.StandardInput.Close();
                Check.True(process.WaitForExit(60_000), "the program ends");
                return (process.ExitCode, output.Result, errors.Result);
            }

            public void Dispose()
            {
                if (!process.HasExited)
                {
                    process.Kill();
                }

                process.Dispose();
            }
        }
    }
}
#endif

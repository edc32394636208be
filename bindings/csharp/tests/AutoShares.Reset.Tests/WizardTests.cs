#if NETCOREAPP
using System;
using System.Linq;
using System.Threading;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>The wizard handles every mistake of its user, and says why it ends.</summary>
    public static class WizardTests
    {
        private const string OtherOptions = "needs an emulator that was started with other options";
        private const string GoodPassword = "N3w-Passw0rd!";
        private const string CtrlC = "\u0003";
        private const string CtrlD = "\u0004";
        private const string CtrlU = "\u0015";
        private const string LeftArrow = "\u001b[D";

        private static readonly string[][] Stops =
        {
            new string[0],
            new[] { "" },
            new[] { Emulator.Robert },
            new[] { Emulator.Robert, "" },
            new[] { Emulator.Robert, Emulator.RobertsAnswer, "" },
        };

        [Fact]
        public static void The_wizard_changes_a_forgotten_password_despite_every_mistake()
        {
            using var emulator = new Emulator();
            using var wizard = new Example("Wizard", emulator, Emulator.AppKey, emulator.BaseUrl);
            wizard.Type(Emulator.Robert, "wrong-answer", Emulator.RobertsAnswer);
            string code = emulator.MailedCode(Emulator.Robert);
            wizard.Type("wrong-code", code, GoodPassword, "Something-3lse!", "weak", "weak", GoodPassword, GoodPassword);
            (string output, string errors) = wizard.End(0);

            Assert.Equal(
                "Username: What is your mother's maiden name?\n"
                + "Answer: Answer: A code is on its way to you by mail.\n"
                + "Code: Code (n for a new one): New password: Repeat it: New password: Repeat it: "
                + "New password (n for a new code): Repeat it: Your password is changed.\n",
                output);
            string[] said = errors.TrimEnd().Split('\n');
            Assert.True(said.Length == 4, errors);
            Assert.Equal("Answer is incorrect, try again.", said[0]);
            Assert.Equal("The two are not the same.", said[2]);
            string[] secrets = { Emulator.AppKey, "wrong-answer", Emulator.RobertsAnswer, "wrong-code", code, GoodPassword, "Something-3lse!" };
            foreach (string secret in secrets)
            {
                Assert.DoesNotContain(secret, output + errors);
            }
        }

        [Fact]
        public static void The_wizard_ends_where_the_base_url_is_wrong()
        {
            using var emulator = new Emulator();
            using var wizard = new Example("Wizard", emulator, Emulator.AppKey, emulator.BaseUrl + "/api");
            wizard.Type(Emulator.Robert);
            (string output, string errors) = wizard.End(4);

            Assert.Equal("Username: ", output);
            Assert.Contains("The base URL may be wrong", errors);
        }

        [Fact]
        public static void The_wizard_asks_no_question_where_there_is_none()
        {
            using var emulator = new Emulator();
            using var wizard = new Example("Wizard", emulator, Emulator.AppKey, "noquestion@autoshares.com");
            wizard.Type(emulator.MailedCode("noquestion@autoshares.com"), GoodPassword, GoodPassword);
            (string output, string errors) = wizard.End(0);
            Assert.DoesNotContain("Answer: ", output);
            Assert.Equal("", errors);
        }

        [Fact]
        public static void The_wizard_stops_at_an_empty_line_and_at_the_end_of_input()
        {
            using var emulator = new Emulator();
            foreach (string[] typed in Stops)
            {
                using var wizard = new Example("Wizard", emulator, Emulator.AppKey);
                wizard.Type(typed);
                (string output, string errors) = wizard.End(1);
                Assert.Equal("Stopped. The password is not changed.\n", errors);
                Assert.DoesNotContain("Your password is changed", output);
            }
        }

        [Fact]
        public static void The_wizard_asks_for_the_name_again_where_it_was_typed()
        {
            using var emulator = new Emulator();
            using var wizard = new Example("Wizard", emulator, Emulator.AppKey);
            wizard.Type("nobody@autoshares.com", "noquestion@autoshares.com");
            wizard.Type(emulator.MailedCode("noquestion@autoshares.com"), GoodPassword, GoodPassword);
            (string output, string errors) = wizard.End(0);
            Assert.Equal("Username: Username: A code is on its way to you by mail.\nCode: New password: Repeat it: Your password is changed.\n", output);
            Assert.Single(errors.TrimEnd().Split('\n'));
        }

        [FactThatNeeds(Need.WhereBuilt, OtherOptions)]
        public static void The_wizard_says_that_an_unknown_username_may_cause_a_failure_of_the_service()
        {
            using var emulator = new Emulator(unknownUser: "crash");
            using var wizard = new Example("Wizard", emulator, Emulator.AppKey);
            wizard.Type("nobody@autoshares.com");
            (string output, string errors) = wizard.End(1);
            Assert.Equal("Username: ", output);
            Assert.Equal("Some services fail like this when they do not know the username.", errors.TrimEnd().Split('\n').Last());
        }

        [Fact]
        public static void The_wizard_connects_while_the_name_is_typed()
        {
            using var server = new SlowServer("token");
            using Example wizard = Example.Wizard(server);
            wizard.Await("Username: ");
            Assert.True(server.IsConnected(), "there is a connection");
        }

        [Fact]
        public static void The_wizard_has_a_new_code_mailed_after_too_many_wrong_ones()
        {
            using var emulator = new Emulator();
            using var wizard = new Example("Wizard", emulator, Emulator.AppKey, Emulator.Robert);
            wizard.Type(Emulator.RobertsAnswer);
            string tooLate = emulator.MailedCode(Emulator.Robert);

            // The first "n" is a code like any other: nothing else was offered.
            wizard.Type("n", "wrong-code", "wrong-code", "wrong-code", "wrong-code", tooLate, "n", Emulator.RobertsAnswer);
            wizard.Type(emulator.MailedCode(Emulator.Robert), GoodPassword, GoodPassword);
            (string output, string errors) = wizard.End(0);
            string mailed = "What is your mother's maiden name?\nAnswer: A code is on its way to you by mail.\n";
            string again = string.Concat(Enumerable.Repeat("Code (n for a new one): ", 6));
            Assert.Equal($"{mailed}Code: {again}{mailed}Code: New password: Repeat it: Your password is changed.\n", output);
        }

        [FactThatNeeds(Need.WhereBuilt, OtherOptions)]
        public static void The_wizard_has_a_new_code_mailed_after_the_end_of_the_token()
        {
            using var emulator = new Emulator(tokenSeconds: 2);
            using var wizard = new Example("Wizard", emulator, Emulator.AppKey, "noquestion@autoshares.com");
            wizard.Type(emulator.MailedCode("noquestion@autoshares.com"));
            wizard.Await("New password: ");
            Thread.Sleep(2100);
            wizard.Type(GoodPassword, GoodPassword, "n");
            wizard.Type(emulator.MailedCode("noquestion@autoshares.com"), GoodPassword, GoodPassword);
            (string output, string errors) = wizard.End(0);
            string way = "A code is on its way to you by mail.\nCode: New password: Repeat it: ";
            Assert.Equal($"{way}New password (n for a new code): {way}Your password is changed.\n", output);
        }

        [Fact]
        public static void The_wizard_tries_again_after_a_rate_limit_if_asked_to()
        {
            using var emulator = new Emulator();
            using var wizard = new Example("Wizard", emulator, Emulator.AppKey);
            wizard.Type("limited@autoshares.com", "y", "n");
            (string output, string errors) = wizard.End(4);
            Assert.Equal("Username: Try again? [y/n] Try again? [y/n] ", output);
            const string Said = "Too many requests, try again later.\nPlease try again in 30 s.\n";
            Assert.Equal(Said + Said, errors);
        }

        [Fact]
        public static void The_wizard_sends_the_same_again_after_a_broken_connection()
        {
            using var server = new SlowServer("token");
            using Example wizard = Example.Wizard(server);
            string first = PasswordUnderWay(server, wizard);
            server.Break();
            wizard.Await("Try again? [y/n] ");
            server.Respond();
            wizard.Type("y");
            string second = server.Await();
            (string output, string errors) = wizard.End(0);
            Assert.Equal(first, second);
            Assert.Contains("Your password is changed.\n", output);
        }

        [Fact]
        public static void The_wizard_says_when_the_outcome_is_unknown()
        {
            using var server = new SlowServer("token");
            using Example wizard = Example.Wizard(server);
            PasswordUnderWay(server, wizard);
            server.Break();
            wizard.Await("Try again? [y/n] ");
            (_, string errors) = wizard.End(5);
            Assert.Equal("It is not known whether the password was changed.", errors.TrimEnd().Split('\n').Last());
        }

        [Fact]
        public static void The_wizard_reports_no_unknown_outcome_if_nothing_was_sent()
        {
            using var server = new SlowServer("token");
            using Example wizard = Example.Wizard(server);
            server.Respond(2);
            wizard.Type("user", "code");
            wizard.Await("New password: ");
            server.Dispose();
            wizard.Type(GoodPassword, GoodPassword);
            wizard.Await("Try again? [y/n] ");
            (_, string errors) = wizard.End(5);
            Assert.DoesNotContain("It is not known", errors);
        }

        [FactThatNeeds(Need.Unix, "runs the wizard at a terminal that script(1) makes")]
        public static void The_wizard_says_after_Ctrl_C_when_the_outcome_is_unknown()
        {
            using var server = new SlowServer("token");
            using Example wizard = Example.WizardAtTerminal(server);
            PasswordUnderWay(server, wizard);
            wizard.Press(CtrlC);
            wizard.Await("Stopped. It is not known whether the password was changed.");
            wizard.Ended(1);
        }

        [FactThatNeeds(Need.Unix, "runs the wizard at a terminal that script(1) makes")]
        public static void Ctrl_C_at_a_prompt_ends_the_wizard()
        {
            using var server = new SlowServer("token");
            using Example wizard = Example.WizardAtTerminal(server);
            server.Respond(1);
            wizard.Await("Username: ");
            wizard.Press("user\r");
            wizard.Await("Code: ");
            wizard.Press(CtrlC);
            wizard.Ended(128 + 2);
        }

        // Nobody sees a password that is typed. So the wizard sends exactly the keys that were typed, or refuses them.
        [FactThatNeeds(Need.Unix, "runs the wizard at a terminal that script(1) makes")]
        public static void The_wizard_changes_no_password_that_is_typed_at_a_terminal()
        {
            (string Typed, string Sent)[] passwords =
            {
                ("pass\tword12", @"pass\tword12"),
                ("ab" + CtrlU + "cd", "cd"),
                ("ab\u007fc🐶\u007fd", "acd"),
                ("ab" + LeftArrow + CtrlU + "cd", "cd"),
            };
            foreach ((string typed, string sent) in passwords)
            {
                using var server = new SlowServer("token");
                using Example wizard = Example.WizardAtTerminal(server);
                string request = PasswordUnderWay(server, wizard, typed);
                Assert.Contains($"\"Password\":\"{sent}\",", request, StringComparison.Ordinal);
                Assert.Contains($"\"PasswordConfirmation\":\"{sent}\"", request, StringComparison.Ordinal);
            }
        }

        [FactThatNeeds(Need.Unix, "runs the wizard at a terminal that script(1) makes")]
        public static void The_wizard_refuses_a_key_that_is_not_text_and_stops_at_the_end_of_input()
        {
            using var server = new SlowServer("token");
            using Example wizard = Example.WizardAtTerminal(server);
            UpToThePassword(server, wizard);
            wizard.Press("ab" + LeftArrow + "c\r");
            wizard.Await("That is not text. Please try again.");
            wizard.Await("New password: ");
            wizard.Press(CtrlD);
            wizard.Await("Stopped. The password is not changed.");
            wizard.Ended(1);
        }

        private static void UpToThePassword(SlowServer server, Example wizard)
        {
            server.Respond(2);
            wizard.Await("Username: ");
            wizard.Press("user\n");
            wizard.Await("Code: ");
            wizard.Press("code\n");
            server.Await(2);
            wizard.Await("New password: ");
        }

        // The server does not respond to this request.
        private static string PasswordUnderWay(SlowServer server, Example wizard, string password = GoodPassword)
        {
            UpToThePassword(server, wizard);
            wizard.Press(password + "\n");
            wizard.Await("Repeat it: ");
            wizard.Press(password + "\n");
            return server.Await();
        }
    }
}
#endif

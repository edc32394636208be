using System;
using System.Threading.Tasks;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>The four calls against the emulated service.</summary>
    public static class CallTests
    {
        [Fact]
        public static void A_question_is_retrieved()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            Check.Equal("What street did you live on in third grade?", client.GetSecretQuestion(Emulator.Hello));
        }

        [Fact]
        public static async Task A_question_is_retrieved_asynchronously()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            Check.Equal("What street did you live on in third grade?", await client.GetSecretQuestionAsync(Emulator.Hello));
        }

        [Fact]
        public static async Task An_account_without_a_question_returns_null()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            Check.Equal(null, client.GetSecretQuestion("noquestion@autoshares.com"));
            Check.Equal(null, await client.GetSecretQuestionAsync("noquestion@autoshares.com"));
        }

        [Fact]
        public static void All_of_Unicode_goes_both_ways()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            Check.Equal(Emulator.ZoesQuestion, client.GetSecretQuestion(Emulator.Zoe));
            client.RequestReset(Emulator.Zoe, Emulator.ZoesAnswer);
            Check.True(emulator.MailedCode(Emulator.Zoe).Length > 0, "a code was mailed");
        }

        [Fact]
        public static void A_forgotten_password_is_changed_by_the_four_calls()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            ResetException required = Check.Fails(ResetCode.AnswerIncorrect, () => client.RequestReset(Emulator.Robert));
            Check.Equal("ErrorIncorrectAnswer", required.ServiceCode);
            Check.Fails(ResetCode.AnswerIncorrect, () => client.RequestReset(Emulator.Robert, "not this"));
            client.RequestReset(Emulator.Robert, Emulator.RobertsAnswer);

            string code = emulator.MailedCode(Emulator.Robert);
            Check.Fails(ResetCode.Rejected, () => client.ConfirmCode("wrong" + code));
            string token = client.ConfirmCode(code);
            Check.Fails(ResetCode.Rejected, () => client.SetPassword("wrong" + token, "N3w-Passw0rd!"));
            client.SetPassword(token, "N3w-Passw0rd!");
            Check.Fails(ResetCode.Rejected, () => client.SetPassword(token, "N3w-Passw0rd!"));
        }

        [Fact]
        public static async Task A_forgotten_password_is_changed_asynchronously()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            var required = await Check.ThrowsAsync<ResetException>(() => client.RequestResetAsync(Emulator.Robert));
            Check.Equal(ResetCode.AnswerIncorrect, required.Code);
            await client.RequestResetAsync(Emulator.Robert, Emulator.RobertsAnswer);
            string token = await client.ConfirmCodeAsync(emulator.MailedCode(Emulator.Robert));
            await client.SetPasswordAsync(token, "N3w-Passw0rd!");
        }

        [Fact]
        public static void A_password_that_breaks_the_rules_is_refused_with_them()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            client.RequestReset(Emulator.Robert, Emulator.RobertsAnswer);
            string token = client.ConfirmCode(emulator.MailedCode(Emulator.Robert));
            ResetException refused = Check.Fails(ResetCode.Rejected, () => client.SetPassword(token, "x"));
            Check.True(refused.Message.Length > 20, "the message says why: " + refused.Message);
            client.SetPassword(token, "N3w-Passw0rd!");
        }

        [Fact]
        public static void A_wrong_key_is_told_apart_from_a_wrong_answer()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client("another-key");
            ResetException error = Check.Fails(ResetCode.AppKeyRejected, () => client.GetSecretQuestion(Emulator.Hello));
            Check.True(error.HttpStatus == 401 || error.HttpStatus == 403, $"{error.HttpStatus} is 401 or 403");
            Check.True(error.RequestSent, "the request was sent");
        }

        [Fact]
        public static void An_unknown_user_is_a_refusal_with_the_words_of_the_service()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            ResetException error = Check.Fails(ResetCode.Rejected, () => client.GetSecretQuestion("nobody@autoshares.com"));
            Check.Equal(200, error.HttpStatus);
            Check.Equal(null, error.RetryAfter);
            Check.Equal(null, error.OsError);
            Check.True(error.Message.Length > 0, "there are words");
        }

        [Fact]
        public static void A_rate_limit_says_how_long_to_wait()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            ResetException error = Check.Fails(ResetCode.RateLimited, () => client.GetSecretQuestion("limited@autoshares.com"));
            Check.Equal(TimeSpan.FromSeconds(30), error.RetryAfter);
            Check.Equal(429, error.HttpStatus);
        }

        [Fact]
        public static void A_refused_connection_carries_the_system_error()
        {
            int port;
            using (var server = new SlowServer())
            {
                port = server.Port;
            }

            using var client = new ResetClient(new ResetClientOptions { BaseUrl = $"http://127.0.0.1:{port}", AppKey = "k" });
            ResetException error = Check.Fails(ResetCode.ConnectFailed, () => client.GetSecretQuestion("u"));
            Check.True(error.OsError > 0, "there is a system error");
            Check.Equal(null, error.HttpStatus);
            Check.True(!error.RequestSent, "nothing was sent");
        }

        [Fact]
        public static void No_failure_tells_the_key_or_what_was_passed()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client("the-key-of-this-test");
            Check.Lacks("the-key-of-this-test", client.ToString());
            Check.Contains(emulator.BaseUrl, client.ToString());
            Check.Lacks("the-key-of-this-test", Check.Throws<ResetException>(() => client.GetSecretQuestion("some-user")).ToString());
            Check.Lacks("some-user", Check.Throws<ResetException>(() => client.GetSecretQuestion("some-user")).ToString());
            Check.Lacks("some-answer", Check.Throws<ResetException>(() => client.RequestReset("some-user", "some-answer")).ToString());
            Check.Lacks("some-code", Check.Throws<ResetException>(() => client.ConfirmCode("some-code")).ToString());
            Check.Lacks("some-password", Check.Throws<ResetException>(() => client.SetPassword("some-token", "some-password")).ToString());
        }
    }
}

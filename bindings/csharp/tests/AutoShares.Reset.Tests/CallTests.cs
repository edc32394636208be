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
            Assert.Equal("What street did you live on in third grade?", client.GetSecretQuestion(Emulator.Hello));
        }

        [Fact]
        public static async Task A_question_is_retrieved_asynchronously()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            Assert.Equal("What street did you live on in third grade?", await client.GetSecretQuestionAsync(Emulator.Hello));
        }

        [Fact]
        public static async Task An_account_without_a_question_returns_null()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            Assert.Null(client.GetSecretQuestion("noquestion@autoshares.com"));
            Assert.Null(await client.GetSecretQuestionAsync("noquestion@autoshares.com"));
        }

        [Fact]
        public static void All_of_Unicode_goes_both_ways()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            Assert.Equal(Emulator.ZoesQuestion, client.GetSecretQuestion(Emulator.Zoe));
            client.RequestReset(Emulator.Zoe, Emulator.ZoesAnswer);
            Assert.True(emulator.MailedCode(Emulator.Zoe).Length > 0, "a code was mailed");
        }

        [Fact]
        public static void A_forgotten_password_is_changed_by_the_four_calls()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            ResetException required = ResetAssert.Fails(ResetCode.AnswerIncorrect, () => client.RequestReset(Emulator.Robert));
            Assert.Equal("ErrorIncorrectAnswer", required.ServiceCode);
            ResetAssert.Fails(ResetCode.AnswerIncorrect, () => client.RequestReset(Emulator.Robert, "not this"));
            client.RequestReset(Emulator.Robert, Emulator.RobertsAnswer);

            string code = emulator.MailedCode(Emulator.Robert);
            ResetAssert.Fails(ResetCode.Rejected, () => client.ConfirmCode("wrong" + code));
            string token = client.ConfirmCode(code);
            ResetAssert.Fails(ResetCode.Rejected, () => client.SetPassword("wrong" + token, "N3w-Passw0rd!"));
            client.SetPassword(token, "N3w-Passw0rd!");
            ResetAssert.Fails(ResetCode.Rejected, () => client.SetPassword(token, "N3w-Passw0rd!"));
        }

        [Fact]
        public static async Task A_forgotten_password_is_changed_asynchronously()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            await ResetAssert.FailsAsync(ResetCode.AnswerIncorrect, client.RequestResetAsync(Emulator.Robert));
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
            ResetException refused = ResetAssert.Fails(ResetCode.Rejected, () => client.SetPassword(token, "x"));
            Assert.True(refused.Message.Length > 20, "the message says why: " + refused.Message);
            client.SetPassword(token, "N3w-Passw0rd!");
        }

        [Fact]
        public static void A_wrong_key_is_told_apart_from_a_wrong_answer()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client("another-key");
            ResetException error = ResetAssert.Fails(ResetCode.AppKeyRejected, () => client.GetSecretQuestion(Emulator.Hello));
            Assert.True(error.HttpStatus == 401 || error.HttpStatus == 403, $"{error.HttpStatus} is 401 or 403");
            Assert.True(error.RequestSent, "the request was sent");
        }

        [Fact]
        public static void An_unknown_user_is_a_refusal_with_the_words_of_the_service()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            ResetException error = ResetAssert.Fails(ResetCode.Rejected, () => client.GetSecretQuestion("nobody@autoshares.com"));
            Assert.Equal(200, error.HttpStatus);
            Assert.Null(error.RetryAfter);
            Assert.Null(error.OsError);
            Assert.True(error.Message.Length > 0, "there are words");
        }

        [Fact]
        public static void A_rate_limit_says_how_long_to_wait()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            ResetException error = ResetAssert.Fails(ResetCode.RateLimited, () => client.GetSecretQuestion("limited@autoshares.com"));
            Assert.Equal(TimeSpan.FromSeconds(30), error.RetryAfter);
            Assert.Equal(429, error.HttpStatus);
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
            ResetException error = ResetAssert.Fails(ResetCode.ConnectFailed, () => client.GetSecretQuestion("u"));
            Assert.True(error.OsError > 0, "there is a system error");
            Assert.Null(error.HttpStatus);
            Assert.False(error.RequestSent, "the request was sent");
        }

        [Fact]
        public static void No_failure_tells_the_key_or_what_was_passed()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client("the-key-of-this-test");
            Assert.DoesNotContain("the-key-of-this-test", client.ToString());
            Assert.Contains(emulator.BaseUrl, client.ToString());
            Assert.DoesNotContain("the-key-of-this-test", Assert.Throws<ResetException>(() => client.GetSecretQuestion("some-user")).ToString());
            Assert.DoesNotContain("some-user", Assert.Throws<ResetException>(() => client.GetSecretQuestion("some-user")).ToString());
            Assert.DoesNotContain("some-answer", Assert.Throws<ResetException>(() => client.RequestReset("some-user", "some-answer")).ToString());
            Assert.DoesNotContain("some-code", Assert.Throws<ResetException>(() => client.ConfirmCode("some-code")).ToString());
            Assert.DoesNotContain("some-password", Assert.Throws<ResetException>(() => client.SetPassword("some-token", "some-password")).ToString());
        }
    }
}

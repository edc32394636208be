using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>The client refuses text that a C string cannot carry, and never shortens or replaces it.</summary>
    public static class TextTests
    {
        // Each would arrive as something else: cut at the NUL, or with U+FFFD in place of the half pair.
        private static readonly string[] Unsendable = { "\0", "Passw0rd\0", "\0Passw0rd", "a\ud83d", "\udc36", "\udc36\ud83d", "x\ud800y" };

        private static string Reason(string text) => text.IndexOf('\0') >= 0 ? " contains a null character." : " is not valid UTF-8.";

        [Fact]
        public static void Every_text_of_every_call_is_checked_before_anything_is_sent()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            foreach (string text in Unsendable)
            {
                var calls = new Dictionary<string, Action>
                {
                    ["The user name"] = () => client.GetSecretQuestion(text),
                    ["The user name "] = () => client.RequestReset(text, "answer"),
                    ["The answer"] = () => client.RequestReset("user", text),
                    ["The code"] = () => client.ConfirmCode(text),
                    ["The token"] = () => client.SetPassword(text, "password"),
                    ["The new password"] = () => client.SetPassword("token", text),
                };
                foreach (KeyValuePair<string, Action> call in calls)
                {
                    ResetException error = ResetAssert.Fails(ResetCode.InvalidArgument, call.Value);
                    Assert.Equal(call.Key.Trim() + Reason(text), error.Message);
                    Assert.DoesNotContain("Passw0rd", error.ToString());
                    Assert.False(error.RequestSent, "the request was sent");
                }
            }

            Assert.False(server.HasMore(), "a request came");
        }

        [Fact]
        public static async Task Asynchronous_calls_check_as_well()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            await ResetAssert.FailsAsync(ResetCode.InvalidArgument, client.SetPasswordAsync("token", "Passw0rd\0"));
            Assert.False(server.HasMore(), "a request came");
        }

        [Fact]
        public static void Every_text_of_the_options_is_checked()
        {
            foreach (string text in Unsendable)
            {
                var settings = new Dictionary<string, Action<ResetClientOptions>>
                {
                    ["The base URL"] = options => options.BaseUrl = text,
                    ["The app key"] = options => options.AppKey = text,
                    ["The API version"] = options => options.ApiVersion = text,
                    ["The CA file"] = options => options.CaFile = text,
                    ["The CA PEM text"] = options => options.CaPem = text,
                    ["The proxy"] = options => options.Proxy = text,
                    ["The user agent"] = options => options.UserAgent = text,
                };
                foreach (KeyValuePair<string, Action<ResetClientOptions>> setting in settings)
                {
                    var options = new ResetClientOptions { BaseUrl = "http://127.0.0.1:1", AppKey = "key" };
                    setting.Value(options);
                    ResetException error = ResetAssert.Fails(ResetCode.InvalidArgument, () => new ResetClient(options).Dispose());
                    Assert.Equal(setting.Key + Reason(text), error.Message);
                }
            }
        }

        [Fact]
        public static void Null_throws_an_ArgumentNullException()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            var calls = new List<(string Parameter, Action Call)>
            {
                ("username", () => client.GetSecretQuestion(null!)),
                ("username", () => client.RequestReset(null!)),
                ("code", () => client.ConfirmCode(null!)),
                ("token", () => client.SetPassword(null!, "p")),
                ("newPassword", () => client.SetPassword("t", null!)),

                // Thrown by the method, not by its task.
                ("username", () => client.GetSecretQuestionAsync(null!)),
                ("username", () => client.RequestResetAsync(null!)),
                ("code", () => client.ConfirmCodeAsync(null!)),
                ("token", () => client.SetPasswordAsync(null!, "p")),
                ("newPassword", () => client.SetPasswordAsync("t", null!)),
            };
            foreach ((string parameter, Action call) in calls)
            {
                Assert.Equal(parameter, Assert.Throws<ArgumentNullException>(call).ParamName);
            }

            Assert.Throws<ArgumentNullException>(() => new ResetClient(null!).Dispose());
            Assert.False(server.HasMore(), "a request came");
        }

        [Fact]
        public static void The_library_refuses_input_of_the_wrong_length()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            ResetAssert.Fails(ResetCode.InvalidArgument, () => client.GetSecretQuestion(""));
            ResetAssert.Fails(ResetCode.InvalidArgument, () => client.RequestReset("user", ""));
            ResetAssert.Fails(ResetCode.InvalidArgument, () => client.ConfirmCode(new string('1', 20000)));
            Assert.False(server.HasMore(), "a request came");
        }

        [Fact]
        public static void Long_and_astral_texts_arrive_whole()
        {
            using var server = new SlowServer();
            server.Respond();
            using ResetClient client = server.Client();
            string answer = string.Concat(System.Linq.Enumerable.Repeat("🐶é", 1000));
            client.RequestReset("user", answer);
            Assert.Contains(answer, server.Await(), StringComparison.Ordinal);
        }
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>The table of cases that all languages run: see tests/cases.md.</summary>
    public static class ConformanceTests
    {
        private static readonly string Cases = Path.Combine(Repository.Root, "tests", "cases.json");
        private static readonly Dictionary<string, XElement> Table =
            Json.Load(Cases).Element("cases")!.Elements().ToDictionary(row => row.Element("id")!.Value);

        private static readonly Lazy<string> Url = new Lazy<string>(StartServer);

        // It serves all rows, and ends with this process.
        private static Companion? server;

        public static IEnumerable<object[]> Rows => Table.Keys.Select(id => new object[] { id });

        [Theory]
        [MemberData(nameof(Rows))]
        public static void Each_row_ends_as_it_says(string id) =>
            Compare(Table[id].Element("expect")!, Outcome.Of(() => Call(Table[id], $"{Url.Value}/{id}")));

        private static string StartServer()
        {
            if (Here.Libraries != null)
            {
                return Environment.GetEnvironmentVariable("AUTOSHARES_CASES_URL")!;
            }

            server = new Companion("autoshares-case-server", $"--cases \"{Cases}\"");
            return server.Next("AUTOSHARES_CASES_URL=");
        }

        private static Outcome Call(XElement row, string url)
        {
            string?[] args = row.Element("args").Texts();
            using var client = new ResetClient(Options(row.Element("config"), url));
            switch (row.Element("call")!.Value)
            {
                case "client_new":
                    return new Outcome(ResetCode.Ok);
                case "secret_question":
                    string? question = client.GetSecretQuestion(args[0]!);
                    return new Outcome(question == null ? ResetCode.NoQuestion : ResetCode.Ok, question: question);
                case "request_reset":
                    client.RequestReset(args[0]!, args[1]);
                    return new Outcome(ResetCode.Ok);
                case "confirm_code":
                    return new Outcome(ResetCode.Ok, token: client.ConfirmCode(args[0]!));
                case "set_password":
                    client.SetPassword(args[0]!, args[1]!);
                    return new Outcome(ResetCode.Ok);
                default:
                    throw new NotSupportedException("the table has a call that this runner does not know");
            }
        }

        private static ResetClientOptions Options(XElement? config, string url)
        {
            var options = new ResetClientOptions { BaseUrl = url, AppKey = "test-app-key" };
            foreach (XElement setting in config?.Elements() ?? Enumerable.Empty<XElement>())
            {
                switch (setting.Name.LocalName)
                {
                    case "base_url": options.BaseUrl = setting.Text()!; break;
                    case "app_key": options.AppKey = setting.Text()!; break;
                    case "api_version": options.ApiVersion = setting.Text(); break;
                    case "timeout_ms": options.Timeout = TimeSpan.FromMilliseconds(setting.Number()); break;
                    case "connect_timeout_ms": options.ConnectTimeout = TimeSpan.FromMilliseconds(setting.Number()); break;
                    case "ca_file": options.CaFile = setting.Text(); break;
                    case "ca_pem": options.CaPem = setting.Text(); break;
                    case "proxy": options.Proxy = setting.Text(); break;
                    case "user_agent": options.UserAgent = setting.Text(); break;
                    case "base_path": options.BaseUrl = url + setting.Value; break;
                    case "allow_http": options.AllowHttp = setting.Number() != 0; break;
                    default: throw new NotSupportedException($"the table has a setting that this runner does not know: {setting.Name}");
                }
            }

            return options;
        }

        private static void Compare(XElement expected, Outcome outcome)
        {
            ResetException? error = outcome.Error;
            string code = expected.Element("code")!.Value;
            Assert.True(code == NameInC(outcome.Code), $"{outcome.Code} is {code} ({error?.Message})");
            foreach (XElement field in expected.Elements())
            {
                string name = field.Name.LocalName;
                switch (name)
                {
                    case "code":
                        break;
                    case "question":
                        Assert.Equal((name, field.Text()), (name, outcome.Question));
                        break;
                    case "token":
                        Assert.Equal((name, field.Text()), (name, outcome.Token));
                        break;

                    // Only a failure has the fields below in C#. For a null argument .NET's own exception is thrown.
                    case "http_status" when error != null:
                        Assert.Equal((name, field.Number()), (name, (long)(error.HttpStatus ?? 0)));
                        break;
                    case "request_sent" when error != null:
                        Assert.Equal((name, field.Number() != 0), (name, error.RequestSent));
                        break;
                    case "retry_after_s" when error != null:
                        CompareSeconds(field, (long)(error.RetryAfter ?? TimeSpan.Zero).TotalSeconds);
                        break;
                    case "service_code" when error != null:
                        Assert.Equal((name, field.Text()), (name, error.ServiceCode));
                        break;
                    case "message" when error != null:
                        Assert.Equal((name, field.Text()), (name, error.Message));
                        break;
                    case "message_has" when error != null:
                        Array.ForEach(field.Texts(), part => Assert.Contains(part!, error.Message, StringComparison.Ordinal));
                        break;
                    case "message_lacks" when error != null:
                        Array.ForEach(field.Texts(), part => Assert.DoesNotContain(part!, error.Message, StringComparison.Ordinal));
                        break;
                    case "http_status":
                    case "request_sent":
                    case "retry_after_s":
                    case "service_code":
                    case "message":
                    case "message_has":
                    case "message_lacks":
                        break;
                    default:
                        throw new NotSupportedException($"the table has an expectation that this runner does not know: {name}");
                }
            }
        }

        private static string NameInC(ResetCode code) =>
            "ASR_" + Regex.Replace(code.ToString(), "(?<!^)([A-Z])", "_$1").ToUpperInvariant();

        private static void CompareSeconds(XElement expected, long seconds)
        {
            if (expected.Has("min") || expected.Has("max"))
            {
                Assert.True(seconds >= expected.Element("min")!.Number() && seconds <= expected.Element("max")!.Number(), $"{seconds} s lie between {expected}");
            }
            else
            {
                Assert.Equal((expected.Name, expected.Number()), (expected.Name, seconds));
            }
        }

        private sealed class Outcome
        {
            internal Outcome(ResetCode code, string? question = null, string? token = null, ResetException? error = null)
            {
                Code = code;
                Question = question;
                Token = token;
                Error = error;
            }

            internal ResetCode Code { get; }

            internal string? Question { get; }

            internal string? Token { get; }

            internal ResetException? Error { get; }

            internal static Outcome Of(Func<Outcome> call)
            {
                try
                {
                    return call();
                }
                catch (ResetException e)
                {
                    return new Outcome(e.Code, error: e);
                }
                catch (ArgumentNullException)
                {
                    return new Outcome(ResetCode.InvalidArgument);
                }
            }
        }
    }
}

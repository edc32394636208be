using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Reflection;
using System.Threading;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>Each setting reaches the library and has its effect.</summary>
    public static class OptionTests
    {
        [Fact]
        public static void A_bad_setting_is_named()
        {
            Refused(ResetCode.InvalidArgument, options => options.AppKey = "");
            Refused(ResetCode.InvalidArgument, options => options.BaseUrl = "ftp://127.0.0.1");
            Refused(ResetCode.InvalidArgument, options => options.ApiVersion = "../2");
            Refused(ResetCode.InvalidArgument, options => options.CaFile = "/there/is/no/such.pem");
            Refused(ResetCode.InvalidArgument, options => options.Proxy = "socks5://127.0.0.1:1");
            Refused(ResetCode.InvalidArgument, options => options.UserAgent = "two\nlines");
        }

        [Fact]
        public static void A_time_out_of_range_is_refused()
        {
            const string Said = " must be between 1 millisecond and 49 days: there is no endless wait.";
            var times = new[] { TimeSpan.MinValue, Timeout.InfiniteTimeSpan, TimeSpan.Zero, TimeSpan.FromDays(50), TimeSpan.MaxValue };
            foreach (TimeSpan time in times)
            {
                Assert.Equal("The timeout" + Said, Refused(ResetCode.InvalidArgument, options => options.Timeout = time));
                Assert.Equal("The connect timeout" + Said, Refused(ResetCode.InvalidArgument, options => options.ConnectTimeout = time));
            }

            // A time below a millisecond is rounded up.
            using var client = new ResetClient(new ResetClientOptions
            {
                BaseUrl = "http://127.0.0.1:1",
                AppKey = "k",
                Timeout = TimeSpan.FromTicks(1),
                ConnectTimeout = TimeSpan.FromDays(49),
            });
        }

        [Fact]
        public static void The_first_bad_setting_in_the_order_of_the_header_is_named()
        {
            var bad = new List<(string Name, Action<ResetClientOptions> Spoil, Action<ResetClientOptions> Mend)>
            {
                ("base", options => options.BaseUrl = "ftp://127.0.0.1", options => options.BaseUrl = "http://127.0.0.1:1"),
                ("app", options => options.AppKey = "\0", options => options.AppKey = "key"),
                ("version", options => options.ApiVersion = "../2", options => options.ApiVersion = null),
                ("timeout", options => options.Timeout = Timeout.InfiniteTimeSpan, options => options.Timeout = null),
                ("connect", options => options.ConnectTimeout = TimeSpan.Zero, options => options.ConnectTimeout = null),
                ("CA", options => options.CaFile = "\0", options => options.CaFile = null),
                ("PEM", options => options.CaPem = "none", options => options.CaPem = null),
                ("proxy", options => options.Proxy = "socks5://127.0.0.1:1", options => options.Proxy = null),
                ("agent", options => options.UserAgent = "\ud83d", options => options.UserAgent = null),
            };
            var spoilt = new ResetClientOptions();
            bad.ForEach(setting => setting.Spoil(spoilt));
            foreach ((string name, _, Action<ResetClientOptions> mend) in bad)
            {
                string said = ResetAssert.Fails(ResetCode.InvalidArgument, () => new ResetClient(spoilt).Dispose()).Message;
                Assert.True(said.IndexOf(name, StringComparison.OrdinalIgnoreCase) is int at && at >= 0 && at < 16, $"<{said}> names {name}");
                mend(spoilt);
            }

            new ResetClient(spoilt).Dispose();
        }

        [Fact]
        public static void A_required_setting_that_is_null_is_told_as_an_empty_one()
        {
            string empty = Refused(ResetCode.InvalidArgument, options => options.BaseUrl = "");
            Assert.Equal(empty, Refused(ResetCode.InvalidArgument, options => options.BaseUrl = null!));
            empty = Refused(ResetCode.InvalidArgument, options => options.AppKey = "");
            Assert.Equal(empty, Refused(ResetCode.InvalidArgument, options => options.AppKey = null!));
        }

        [Fact]
        public static void Http_to_another_machine_has_to_be_allowed()
        {
            Refused(ResetCode.InsecureUrl, options => options.BaseUrl = "http://broker.example");
            using var client = new ResetClient(new ResetClientOptions { BaseUrl = "http://broker.example", AppKey = "k", AllowHttp = true });
        }

        [Fact]
        public static void The_time_for_a_call_is_kept()
        {
            using var server = new SlowServer();
            ResetClientOptions options = server.Options();
            options.Timeout = TimeSpan.FromMilliseconds(300);
            using var client = new ResetClient(options);
            var watch = Stopwatch.StartNew();
            ResetException error = ResetAssert.Fails(ResetCode.Timeout, () => client.GetSecretQuestion("user"));
            Assert.True(watch.ElapsedMilliseconds >= 295 && watch.ElapsedMilliseconds < 3000, $"{watch.ElapsedMilliseconds} ms are about 300");
            Assert.True(error.RequestSent, "the request was sent");
        }

        [Fact]
        public static void The_time_for_connecting_is_kept()
        {
            // Plain TCP: the server never responds to the handshake.
            using var server = new SlowServer();
            using var client = new ResetClient(new ResetClientOptions
            {
                BaseUrl = $"https://127.0.0.1:{server.Port}",
                AppKey = "k",
                ConnectTimeout = TimeSpan.FromMilliseconds(300),
            });
            var watch = Stopwatch.StartNew();
            ResetAssert.Fails(ResetCode.Timeout, () => client.GetSecretQuestion("user"));
            Assert.True(watch.ElapsedMilliseconds >= 295 && watch.ElapsedMilliseconds < 3000, $"{watch.ElapsedMilliseconds} ms are about 300");
        }

        [Fact]
        public static void Version_and_user_agent_are_sent()
        {
            using var server = new SlowServer();
            server.Respond();
            ResetClientOptions options = server.Options();
            options.ApiVersion = "2.5";
            options.UserAgent = "MyApp/1.2";
            using var client = new ResetClient(options);
            client.GetSecretQuestion("user");
            string request = server.Await();
            Assert.Contains("/v2.5/users/password/secret-question?username=user", request);
            Assert.Contains("MyApp/1.2 ", request);
        }

        [Fact]
        public static void Options_are_read_once()
        {
            using var server = new SlowServer();
            server.Respond();
            ResetClientOptions options = server.Options();
            using var client = new ResetClient(options);
            options.BaseUrl = "http://127.0.0.1:1";
            options.AppKey = "another";
            client.GetSecretQuestion("user");
            Assert.Contains("test-app-key", server.Await());
            Assert.Contains(server.Port.ToString(), client.ToString());
        }

        [Fact]
        public static void Only_the_named_authority_is_trusted()
        {
            using var emulator = new Emulator(https: true);
            using ResetClient client = Trusting(emulator.CaFile, emulator.HttpsUrl);
            Assert.Equal("What street did you live on in third grade?", client.GetSecretQuestion(Emulator.Hello));
        }

        [FactThatNeeds(Need.WhereBuilt, "needs a second emulator with another certificate")]
        public static void No_other_authority_is_trusted()
        {
            using var emulator = new Emulator(https: true);
            using var other = new Emulator(https: true);
            using ResetClient mistrusting = Trusting(emulator.CaFile, other.HttpsUrl);
            ResetAssert.Fails(ResetCode.TlsFailed, () => mistrusting.GetSecretQuestion(Emulator.Hello));
        }

        [Fact]
        public static void Certificates_in_memory_are_trusted()
        {
            using var emulator = new Emulator(https: true);
            using var client = new ResetClient(new ResetClientOptions
            {
                BaseUrl = emulator.HttpsUrl,
                AppKey = Emulator.AppKey,
                CaPem = File.ReadAllText(emulator.CaFile),
            });
            Assert.Equal("What street did you live on in third grade?", client.GetSecretQuestion(Emulator.Hello));
        }

        [Fact]
        public static void The_path_of_a_CA_file_may_hold_any_character()
        {
            using var emulator = new Emulator(https: true);
            string folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "Zertifikate für " + Guid.NewGuid())).FullName;
            try
            {
                string file = Path.Combine(folder, "ca-café-🐶.pem");
                File.Copy(emulator.CaFile, file);
                using ResetClient client = Trusting(file, emulator.HttpsUrl);
                Assert.Equal(Emulator.ZoesQuestion, client.GetSecretQuestion(Emulator.Zoe));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        [Fact]
        public static void A_proxy_that_is_set_is_used()
        {
            using var proxy = new SlowServer();
            using var client = new ResetClient(new ResetClientOptions
            {
                BaseUrl = "https://broker.example",
                AppKey = "k",
                Proxy = $"http://user:proxy-password@127.0.0.1:{proxy.Port}",
                Timeout = TimeSpan.FromSeconds(1),
            });
            ResetException error = Assert.Throws<ResetException>(() => client.GetSecretQuestion("user"));
            Assert.Contains("CONNECT broker.example:443", proxy.Await());
            Assert.DoesNotContain("proxy-password", error.ToString());
        }

        [Fact]
        public static void A_debugger_shows_no_secret()
        {
            foreach (string secret in new[] { nameof(ResetClientOptions.AppKey), nameof(ResetClientOptions.Proxy) })
            {
                var shown = typeof(ResetClientOptions).GetProperty(secret)!.GetCustomAttribute<DebuggerBrowsableAttribute>();
                Assert.Equal(DebuggerBrowsableState.Never, shown?.State);
            }

            Assert.Equal("{BaseUrl,nq}", typeof(ResetClientOptions).GetCustomAttribute<DebuggerDisplayAttribute>()?.Value);
            Assert.Equal("{ToString(),nq}", typeof(ResetClient).GetCustomAttribute<DebuggerDisplayAttribute>()?.Value);
        }

        private static ResetClient Trusting(string caFile, string url) =>
            new ResetClient(new ResetClientOptions { BaseUrl = url, AppKey = Emulator.AppKey, CaFile = caFile });

        private static string Refused(ResetCode code, Action<ResetClientOptions> change)
        {
            var options = new ResetClientOptions { BaseUrl = "http://127.0.0.1:1", AppKey = "key" };
            change(options);
            ResetException error = ResetAssert.Fails(code, () => new ResetClient(options).Dispose());
            Assert.True(error.Message.Length > 0 && !error.RequestSent, "there is a message, and nothing was sent");
            return error.Message;
        }
    }
}

using System;
using System.ComponentModel;
using System.Net.Sockets;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>The parts of an exception that loggers, retry policies and debuggers use.</summary>
    public static class ExceptionTests
    {
        [Fact]
        public static void Its_text_has_code_status_and_stack_for_a_log()
        {
            const string Type = "AutoShares.Reset.ResetException: ";
            Assert.Equal(
                Type + "Too many requests, try again later. (RateLimited, HTTP 429)",
                new ResetException(ResetCode.RateLimited, "Too many requests, try again later.", 429).ToString());
            Assert.Equal(
                Type + "No. (Rejected, HTTP 200, ErrorUnknown)",
                new ResetException(ResetCode.Rejected, "No.", 200, serviceCode: "ErrorUnknown").ToString());
            Assert.Equal(Type + "Reset (Rejected)", new ResetException(ResetCode.Rejected, "Reset").ToString());
            Assert.Equal("AutoShares.Reset.ResetException (ConnectFailed)", new ResetException(ResetCode.ConnectFailed, "").ToString());

            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            ResetException thrown = ResetAssert.Fails(ResetCode.RateLimited, () => client.GetSecretQuestion("limited@autoshares.com"));
            string text = thrown.ToString();
            Assert.StartsWith($"{Type}{thrown.Message} (RateLimited, HTTP 429", text, StringComparison.Ordinal);
            Assert.Contains("GetSecretQuestion", text);
            Assert.DoesNotContain("limited@", text);
        }

        [Fact]
        public static void The_inner_exception_is_the_one_of_dotnet()
        {
            Assert.IsType<TimeoutException>(new ResetException(ResetCode.Timeout, "Late.", osError: 110).InnerException);
            Assert.Null(new ResetException(ResetCode.Rejected, "No.").InnerException);
            Assert.Null(new ResetException(ResetCode.Cancelled, "Enough.", osError: 4).InnerException);
            foreach (int number in new[] { 2, 13, 24, 101, 104, 110, 111, 113, 9999 })
            {
                var error = new ResetException(ResetCode.ConnectFailed, "No.", osError: number);
                Assert.Equal(number, ((Win32Exception)error.InnerException!).NativeErrorCode);
            }

            foreach (SocketError known in new[] { SocketError.Interrupted, SocketError.ConnectionRefused, SocketError.NetworkReset, SocketError.HostNotFound })
            {
                int number = new SocketException((int)known).NativeErrorCode;
                var error = new ResetException(ResetCode.ConnectFailed, "No.", osError: number);
                Assert.Equal(known, ((SocketException)error.InnerException!).SocketErrorCode);
            }
        }

        [Fact]
        public static async Task A_failure_of_the_network_has_an_inner_exception()
        {
            using var server = new SlowServer();
            ResetClientOptions options = server.Options();
            options.Timeout = TimeSpan.FromMilliseconds(200);
            using var client = new ResetClient(options);
            ResetException late = await ResetAssert.FailsAsync(ResetCode.Timeout, client.ConfirmCodeAsync("code"));
            Assert.IsType<TimeoutException>(late.InnerException);
            // A server that has just ended may still be reached for a moment on a busy machine.
            options.BaseUrl = "http://127.0.0.1:1";
            options.Timeout = TimeSpan.FromSeconds(10);
            using var nowhere = new ResetClient(options);
            ResetException refused = ResetAssert.Fails(ResetCode.ConnectFailed, () => nowhere.Connect());
            Assert.Equal(refused.OsError, ((Win32Exception)refused.InnerException!).NativeErrorCode);
#if NETCOREAPP
            Assert.Equal(SocketError.ConnectionRefused, ((SocketException)refused.InnerException).SocketErrorCode);
#endif
            var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ConnectAsync(new CancellationToken(true)));
            Assert.Null(cancelled.InnerException!.InnerException);
        }

        [Fact]
        public static void Details_tell_how_the_call_went_and_no_secret()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            ResetException error = ResetAssert.Fails(ResetCode.Rejected, () => client.GetSecretQuestion("nobody@autoshares.com"));
            Assert.Contains(new Uri(emulator.BaseUrl).Port.ToString(), error.Details!);
            Assert.Contains(ResetClient.LibraryVersion, error.Details!);
            Assert.DoesNotContain("nobody", error.Details!);
            Assert.DoesNotContain(Emulator.AppKey, error.Details!);
            Assert.Null(new ResetException(ResetCode.Rejected, "No.").Details);
        }

        [Fact]
        public static void A_disposed_client_is_named_as_such_in_a_race_too()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();

            // As if another thread's Dispose closed the handle after a call found the client open.
            FieldInfo handle = typeof(ResetClient).GetField("handle", BindingFlags.Instance | BindingFlags.NonPublic)!;
            ((IDisposable)handle.GetValue(client)!).Dispose();
            foreach (Action call in new Action[] { () => client.Connect(), () => client.ConnectAsync() })
            {
                Assert.Equal(nameof(ResetClient), Assert.Throws<ObjectDisposedException>(call).ObjectName);
            }
        }
    }
}

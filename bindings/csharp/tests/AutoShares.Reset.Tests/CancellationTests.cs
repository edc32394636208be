using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>A token ends the call in the library, at once, and is found in the exception.</summary>
    public static class CancellationTests
    {
        // A cancelled call ends within 100 ms; a busy machine adds to that.
        private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(500);

        [Fact]
        public static async Task Every_asynchronous_call_ends_at_once()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            var calls = new List<Func<CancellationToken, Task>>
            {
                token => client.GetSecretQuestionAsync("user", token),
                token => client.RequestResetAsync("user", "answer", token),
                token => client.ConfirmCodeAsync("code", token),
                token => client.SetPasswordAsync("token", "password", token),
            };
            foreach (Func<CancellationToken, Task> call in calls)
            {
                using var source = new CancellationTokenSource();
                Task task = call(source.Token);
                server.Await();
                var watch = Stopwatch.StartNew();
                source.Cancel();
                var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
                TimeSpan took = watch.Elapsed;
                Assert.True(took < AtOnce, $"{took.TotalMilliseconds} ms are less than {AtOnce.TotalMilliseconds}");
                Assert.Equal(TaskStatus.Canceled, task.Status);
                Carries(source.Token, error, sent: true);
            }
        }

        [Fact]
        public static void A_synchronous_call_ends_at_once()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            using var source = new CancellationTokenSource();
            var watch = new Stopwatch();
            var canceller = new Thread(() =>
            {
                server.Await();
                watch.Start();
                source.Cancel();
            });
            canceller.Start();
            var error = Assert.Throws<OperationCanceledException>(() => client.GetSecretQuestion("user", source.Token));
            TimeSpan took = watch.Elapsed;
            canceller.Join();
            Assert.True(took < AtOnce, $"{took.TotalMilliseconds} ms are less than {AtOnce.TotalMilliseconds}");
            Carries(source.Token, error, sent: true);
        }

        [Fact]
        public static async Task A_token_that_is_cancelled_already_sends_nothing()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            var token = new CancellationToken(canceled: true);
            Carries(token, Assert.Throws<OperationCanceledException>(() => client.SetPassword("token", "password", token)), sent: false);
            Task task = client.SetPasswordAsync("token", "password", token);
            Carries(token, await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task), sent: false);
            Assert.Equal(TaskStatus.Canceled, task.Status);
            Assert.False(server.HasMore(), "a request came");
        }

        [Fact]
        public static async Task The_client_serves_on_after_a_cancelled_call()
        {
            using var server = new SlowServer("still here?");
            using ResetClient client = server.Client();
            using var source = new CancellationTokenSource();
            Task<string?> cancelled = client.GetSecretQuestionAsync("user", source.Token);
            Task<string?> other = client.GetSecretQuestionAsync("user", CancellationToken.None);
            server.Await(2);
            source.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
            server.Respond();
            Assert.Equal("still here?", await other);
            Assert.Equal("still here?", client.GetSecretQuestion("user"));
        }

        [Fact]
        public static async Task One_token_ends_many_calls()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            using var source = new CancellationTokenSource();
            Task<string?>[] tasks = Enumerable.Range(0, 20).Select(_ => client.GetSecretQuestionAsync("user", source.Token)).ToArray();
            server.Await(tasks.Length);
            source.Cancel();
            foreach (Task<string?> task in tasks)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
            }
        }

        [Fact]
        public static async Task A_call_can_be_cancelled_at_any_moment()
        {
            using var server = new SlowServer("quick");
            server.Respond();
            using ResetClient client = server.Client();
            int cancelled = 0;
            int succeeded = 0;
            for (int i = 0; i < 400; i++)
            {
                using var source = new CancellationTokenSource();
                Task<string?> task = client.GetSecretQuestionAsync("user", source.Token);
                Thread.SpinWait((i % 40) * 400);

                // Must not throw: the handle that it triggers has to be there until the registration is gone.
                source.Cancel();
                try
                {
                    Assert.Equal("quick", await task);
                    succeeded++;
                }
                catch (OperationCanceledException e)
                {
                    Assert.Equal(source.Token, e.CancellationToken);
                    Assert.IsType<ResetException>(e.InnerException);
                    cancelled++;
                }
            }

            Assert.Equal(400, cancelled + succeeded);
            Assert.Equal("quick", client.GetSecretQuestion("user"));
        }

        [Fact]
        public static async Task A_timeout_of_the_token_is_a_cancellation()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetSecretQuestionAsync("user", source.Token));
        }

        private static void Carries(CancellationToken token, OperationCanceledException error, bool sent)
        {
            Assert.Equal(token, error.CancellationToken);
            Assert.True(error.Message.Length > 0, "there is a message");
            var inner = Assert.IsType<ResetException>(error.InnerException);
            Assert.Equal((ResetCode.Cancelled, sent), (inner.Code, inner.RequestSent));
        }
    }
}

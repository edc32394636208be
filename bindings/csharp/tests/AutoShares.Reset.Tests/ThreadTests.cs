using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>Many calls at once, and closing the client under them.</summary>
    public static class ThreadTests
    {
        [Fact]
        public static async Task Blocked_calls_leave_the_thread_pool_free()
        {
            const int Calls = 64;
            ThreadPool.SetMinThreads(2, 2);
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            Task<string?>[] stalled = Enumerable.Range(0, Calls).Select(_ => client.GetSecretQuestionAsync("user")).ToArray();
            server.Await(Calls);

            // A pool with 64 blocked work items would take half a minute to come to this one.
            Task<int> work = Task.Run(() => 42);
            Assert.True(work.Wait(TimeSpan.FromSeconds(5)), "the pool ran other work while 64 calls waited");

            server.Respond();
            foreach (string? question in await Task.WhenAll(stalled))
            {
                Assert.Equal("Which street?", question);
            }
        }

        [Fact]
        public static async Task A_continuation_does_not_run_on_the_thread_of_the_call()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            Task<bool> follower = FollowsOnThePool(client.GetSecretQuestionAsync("user"));
            server.Await();
            server.Respond();
            Assert.True(await follower, "the thread is one of the pool's");
        }

        [Fact]
        public static void Many_threads_share_one_client()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            var problems = new ConcurrentQueue<string>();
            Thread[] threads = Enumerable.Range(0, 16).Select(number => new Thread(() =>
            {
                for (int i = 0; i < 50; i++)
                {
                    string expected = number % 2 == 0 ? "What is your mother's maiden name?" : Emulator.ZoesQuestion;
                    try
                    {
                        string? question = client.GetSecretQuestion(number % 2 == 0 ? Emulator.Robert : Emulator.Zoe);
                        if (question != expected)
                        {
                            problems.Enqueue(question ?? "null");
                        }
                    }
                    catch (Exception e)
                    {
                        problems.Enqueue(e.ToString());
                    }
                }
            })).ToArray();
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            Assert.Empty(problems);
        }

        [Fact]
        public static async Task Dispose_lets_running_calls_end_and_refuses_later_ones()
        {
            using var server = new SlowServer();
            ResetClient client = server.Client();
            Task<string?>[] asynchronous = Enumerable.Range(0, 8).Select(_ => client.GetSecretQuestionAsync("user")).ToArray();
            var questions = new ConcurrentBag<string?>();
            Thread[] threads = Enumerable.Range(0, 8).Select(_ => new Thread(() => questions.Add(client.GetSecretQuestion("user")))).ToArray();
            Array.ForEach(threads, thread => thread.Start());
            server.Await(16);

            client.Dispose();
            client.Dispose();
            Assert.Throws<ObjectDisposedException>(() => client.GetSecretQuestion("user"));
            Assert.Throws<ObjectDisposedException>(() => { _ = client.ConfirmCodeAsync("code"); });

            server.Respond();
            Array.ForEach(threads, thread => thread.Join());
            Assert.Equal(8, questions.Count(question => question == "Which street?"));
            foreach (string? question in await Task.WhenAll(asynchronous))
            {
                Assert.Equal("Which street?", question);
            }
        }

        [Fact]
        public static async Task A_call_that_has_begun_survives_Dispose_before_its_thread_runs()
        {
            using var server = new SlowServer();
            server.Respond();
            for (int i = 0; i < 200; i++)
            {
                Task<string?> task;
                using (ResetClient client = server.Client())
                {
                    task = client.GetSecretQuestionAsync("user");
                }

                Assert.Equal("Which street?", await task);
            }
        }

        private static async Task<bool> FollowsOnThePool(Task call)
        {
            await call.ConfigureAwait(false);
            return Thread.CurrentThread.IsThreadPoolThread;
        }
    }
}

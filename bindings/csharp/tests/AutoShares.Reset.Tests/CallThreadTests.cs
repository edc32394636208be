using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>The threads that a client keeps for its asynchronous calls.</summary>
    public static class CallThreadTests
    {
        // As the README says.
        private const int Limit = 64;
        private const string ReadsProc = "looks at threads in /proc";
        private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);
#if NETCOREAPP
        private static readonly AsyncLocal<object?> Local = new AsyncLocal<object?>();
#endif

        [Fact]
        public static async Task A_client_has_64_threads_and_further_calls_wait_in_order()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            Task<string?>[] busy = Ask(client, Limit);
            server.Await(Limit);
            Task<string?>[] waiting = Enumerable.Range(0, 20).Select(i => client.GetSecretQuestionAsync("waiting" + i)).ToArray();
            // Another client has other threads.
            using var otherServer = new SlowServer();
            otherServer.Respond();
            using ResetClient other = otherServer.Client();
            Assert.Equal("Which street?", await other.GetSecretQuestionAsync("other"));
            Assert.False(server.HasMore(), "a request came");

            for (int i = 0; i < waiting.Length; i++)
            {
                server.Respond(1);
                Assert.Contains($"username=waiting{i} ", server.Await());
            }

            server.Respond();
            await Task.WhenAll(busy.Concat(waiting));
        }

        [Fact]
        public static async Task Dispose_lets_waiting_calls_have_their_turn()
        {
            using var server = new SlowServer();
            ResetClient client = server.Client();
            Task<string?>[] calls = Ask(client, Limit + 10);
            server.Await(Limit);
            client.Dispose();
            server.Respond();
            foreach (string? question in await Task.WhenAll(calls))
            {
                Assert.Equal("Which street?", question);
            }

        }

        [FactThatNeeds(Need.Linux, ReadsProc)]
        public static async Task The_threads_end_with_the_client()
        {
            using var server = new SlowServer();
            ResetClient client = server.Client();
            int before = Threads();
            Task<string?>[] calls = Ask(client, Limit);
            server.Await(Limit);
            Assert.True(Threads() >= before + Limit, "there is a thread for each call");
            server.Respond();
            await Task.WhenAll(calls);
            client.Dispose();
            Await(() => Threads() < before + (Limit / 2), Soon, "the threads end");
        }

        [Fact]
        public static async Task The_time_of_a_call_counts_while_it_waits()
        {
            using var server = new SlowServer();
            ResetClientOptions options = server.Options();
            // Longer than a slow system takes to start all of them.
            options.Timeout = TimeSpan.FromSeconds(10);
            using var client = new ResetClient(options);
            Task<string?>[] busy = Ask(client, Limit);
            server.Await(Limit);
            Thread.Sleep(500);

            // The call gets a thread after a second, and no response.
            var watch = Stopwatch.StartNew();
            Task<string?> call = client.GetSecretQuestionAsync("waited");
            Thread.Sleep(3000);
            Assert.False(server.HasMore(), "a request came");
            server.Respond(1);
            Assert.Contains("username=waited ", server.Await());
            ResetException error = await ResetAssert.FailsAsync(ResetCode.Timeout, call);
            TimeSpan took = watch.Elapsed;
            Assert.True(error.RequestSent, "it had begun");
            Assert.True(took > TimeSpan.FromSeconds(9.9) && took < TimeSpan.FromSeconds(12.5), $"{took} is about 10 s from when the call was made");
            await Task.WhenAll(busy.Where(one => !one.IsFaulted));
        }

        [Fact]
        public static async Task A_call_whose_time_ends_while_it_waits_ends()
        {
            using var server = new SlowServer();
            ResetClientOptions options = server.Options();
            options.Timeout = TimeSpan.FromSeconds(2);
            using var client = new ResetClient(options);

            // The calls of the second round get a thread when the first ends, and then have no time.
            Task<string?>[] calls = Ask(client, (2 * Limit) + 5);
            var watch = Stopwatch.StartNew();
            foreach (Task<string?> call in calls.Reverse())
            {
                ResetException error = await ResetAssert.FailsAsync(ResetCode.Timeout, call);
                Assert.NotNull(error.Details);
            }

            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(3.7), $"{watch.Elapsed} is about 2 s");
            ResetException last = await ResetAssert.FailsAsync(ResetCode.Timeout, calls.Last());
            Assert.Equal("The call took longer than 2 s; it waited for one of the client's threads.", last.Message);
        }

        [Fact]
        public static async Task A_token_ends_a_waiting_call_at_once()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            Task<string?>[] busy = Ask(client, Limit);
            server.Await(Limit);
            using var source = new CancellationTokenSource();
            Task<string?> cancelled = client.GetSecretQuestionAsync("cancelled", source.Token);
            Task<string?> other = client.GetSecretQuestionAsync("other");
            var watch = Stopwatch.StartNew();
            source.Cancel();
            var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
            Assert.True(watch.ElapsedMilliseconds < 500, $"{watch.ElapsedMilliseconds} ms are less than 500");
            Assert.Equal(TaskStatus.Canceled, cancelled.Status);
            Assert.Equal(source.Token, error.CancellationToken);
            var inner = Assert.IsType<ResetException>(error.InnerException);
            Assert.Equal((ResetCode.Cancelled, false), (inner.Code, inner.RequestSent));

            server.Respond();
            await Task.WhenAll(busy.Append(other));
            Assert.Contains("username=other ", server.Await());
            Assert.False(server.HasMore(), "the cancelled call was sent");
        }

        [FactThatNeeds(Need.Linux, "preloads a library that refuses threads")]
        public static void A_call_for_which_no_thread_starts_waits_in_order_for_another_thread_or_fails()
        {
            using var child = new Child();
            child.Preload("no_threads");
            Assert.Equal(
                "Internal, sent False, no thread"
                + "\nsecond waits\nsecond is served\nthird waits\nWhich street?\nWhich street?\nWhich street?",
                child.Run("no-threads"));
        }

        [Fact]
        public static void A_program_ends_at_once_while_threads_are_idle()
        {
            using var child = new Child();
            string[] said = child.Run("end-while-idle").Split('\n');
            TimeSpan took = DateTime.UtcNow - new DateTime(long.Parse(said[0]), DateTimeKind.Utc);
            Assert.True(took < Soon, $"{took} is soon");
        }

#if NETCOREAPP
        // Mono's own threads inherit the name of the thread that starts them, so the threads cannot be counted there.
        [FactThatNeeds(Need.Linux, ReadsProc)]
        public static async Task One_call_after_another_takes_one_thread()
        {
            AwaitNoThread();
            using var server = new SlowServer();
            server.Respond();
            using ResetClient client = server.Client();
            for (int i = 0; i < 100; i++)
            {
                await client.GetSecretQuestionAsync("user");
                AwaitThreads(1);
            }
        }

        [FactThatNeeds(Need.Linux, ReadsProc)]
        public static async Task Idle_threads_end_by_themselves_and_new_ones_take_their_places()
        {
            AwaitNoThread();
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            Task<string?>[] calls = Ask(client, Limit);
            server.Await(Limit);
            server.Respond();
            await Task.WhenAll(calls);
            AwaitThreads(Limit);
            AwaitNoThread(TimeSpan.FromSeconds(10));
            Assert.Equal("Which street?", await client.GetSecretQuestionAsync("user"));
        }

        [FactThatNeeds(Need.Linux, ReadsProc)]
        public static async Task No_thread_is_left_after_Dispose()
        {
            AwaitNoThread();
            using var server = new SlowServer();
            ResetClient client = server.Client();
            Task<string?>[] calls = Ask(client, 10);
            server.Await(10);
            server.Respond(9);
            while (calls.Count(call => call.IsCompleted) < 9)
            {
                await Task.Delay(5);
            }

            AwaitThreads(10);
            client.Dispose();
            Await(() => CallThreads() == 1, Soon, "the idle threads end while one is in a call");
            server.Respond(1);
            await Task.WhenAll(calls);
            AwaitNoThread(Soon);
        }

        [FactThatNeeds(Need.Linux, ReadsProc)]
        public static void A_forgotten_client_leaves_no_thread()
        {
            AwaitNoThread();
            using var server = new SlowServer();
            server.Respond();
            InAnotherThread(() => ForgetAfterACall(server));
            AwaitThreads(1);
            Await(
                () =>
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    return CallThreads() == 0;
                },
                Soon,
                "the thread ends with its client");
        }

        [FactThatNeeds(Need.Linux, ReadsProc)]
        public static void A_token_that_is_cancelled_already_takes_no_thread()
        {
            AwaitNoThread();
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            Task task = client.SetPasswordAsync("token", "password", new CancellationToken(canceled: true));
            Assert.Equal(TaskStatus.Canceled, task.Status);
            Assert.Equal(0, CallThreads());
        }

        // Mono may take other data for references.
        [Fact]
        public static async Task A_thread_keeps_nothing_of_the_caller_alive()
        {
            using var server = new SlowServer();
            server.Respond();
            using ResetClient client = server.Client();
            WeakReference local = new WeakReference(null);
            InAnotherThread(() =>
            {
                local.Target = Local.Value = new object();
                client.GetSecretQuestionAsync("user").Wait();
            });
            await client.GetSecretQuestionAsync("user");
            Await(
                () =>
                {
                    GC.Collect();
                    return !local.IsAlive;
                },
                Soon,
                "the caller's local is collected");
        }

        [FactThatNeeds(Need.Linux, ReadsProc)]
        public static void The_deepest_call_uses_no_more_than_half_of_its_stack()
        {
            using var child = new Child();
            string[] said = child.Run("deepest-call").Split(' ');
            int used = int.Parse(said[0]), size = int.Parse(said[1]);
            Assert.True(size > 100 && size <= 512, $"a stack of {size} KiB is small");
            Assert.True(used > 4 && used <= size / 2, $"{used} KiB of {size} are used");
        }

        [Fact]
        public static void A_plugin_that_used_the_client_can_be_unloaded()
        {
            using var server = new SlowServer();
            server.Respond();
            foreach (bool disposes in new[] { true, false })
            {
                WeakReference context = new WeakReference(null);
                InAnotherThread(() => context.Target = UsePlugin(server, disposes));
                Await(
                    () =>
                    {
                        GC.Collect();
                        GC.WaitForPendingFinalizers();
                        return !context.IsAlive;
                    },
                    Soon,
                    $"the context is unloaded (client disposed: {disposes})");
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static object UsePlugin(SlowServer server, bool disposes)
        {
            var context = new System.Runtime.Loader.AssemblyLoadContext("plugin", isCollectible: true);
            Assembly plugin = context.LoadFromAssemblyPath(typeof(ResetClient).Assembly.Location);
            Type optionsType = plugin.GetType(typeof(ResetClientOptions).FullName!)!;
            object options = Activator.CreateInstance(optionsType)!;
            optionsType.GetProperty("BaseUrl")!.SetValue(options, $"http://127.0.0.1:{server.Port}");
            optionsType.GetProperty("AppKey")!.SetValue(options, "key");
            object client = Activator.CreateInstance(plugin.GetType(typeof(ResetClient).FullName!)!, options)!;
            var task = (Task<string?>)client.GetType().GetMethod("GetSecretQuestionAsync")!.Invoke(client, new object[] { "user", CancellationToken.None })!;
            Assert.Equal("Which street?", task.Result);
            if (disposes)
            {
                ((IDisposable)client).Dispose();
            }

            context.Unload();
            return context;
        }
#endif

        private static Task<string?>[] Ask(ResetClient client, int count) =>
            Enumerable.Range(0, count).Select(_ => client.GetSecretQuestionAsync("user")).ToArray();

        private static void ForgetAfterACall(SlowServer server) =>
            Assert.Equal("Which street?", server.Client().GetSecretQuestionAsync("user").Result);

        // On a separate thread, so that no register or stack slot of the test's own thread keeps an object alive.
        private static void InAnotherThread(Action action)
        {
            Exception? failure = null;
            var thread = new Thread(() =>
            {
                try
                {
                    action();
                }
                catch (Exception e)
                {
                    failure = e;
                }
            });
            thread.Start();
            thread.Join();
            Assert.Null(failure);
        }

        // A pool thread briefly has the name of the call's thread that starts it; the threads of calls stay for seconds.
        private static void AwaitThreads(int count) => Await(() => CallThreads() == count, Soon, $"there are {count} threads");

        // Threads of earlier tests may still be idle.
        private static void AwaitNoThread(TimeSpan? patience = null) =>
            Await(() => CallThreads() == 0, patience ?? TimeSpan.FromSeconds(10), "no thread is left");

        private static void Await(Func<bool> condition, TimeSpan patience, string what)
        {
            var watch = Stopwatch.StartNew();
            while (!condition())
            {
                Assert.True(watch.Elapsed < patience, what);
                Thread.Sleep(10);
            }
        }

        private static int Threads() => Directory.GetDirectories("/proc/self/task").Length;

        // Counts by the name that a debugger shows, of which Linux keeps 15 characters.
        private static int CallThreads() => ThreadsOfCalls().Count();

        internal static IEnumerable<string> ThreadsOfCalls()
        {
            foreach (string task in Directory.GetDirectories("/proc/self/task"))
            {
                string name;
                try
                {
                    name = File.ReadAllText(task + "/comm").Trim();
                }
                catch (IOException)
                {
                    continue; // it has just ended
                }

                if (name == "AutoShares.Rese")
                {
                    yield return task;
                }
            }
        }
    }
}

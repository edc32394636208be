using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>The parts of tests that need a separate process; see <see cref="Child"/>.</summary>
    internal static class Children
    {
        internal static int Run(string name)
        {
            switch (name)
            {
                case "again":
                    using (var child = new Child())
                    {
                        Console.WriteLine(child.Run("load"));
                    }

                    return 0;
                case "load":
                    Load();
                    return 0;
#if NETCOREAPP
                case "own-resolver":
                    OwnResolver();
                    return 0;
                case "plugin":
                    Plugin();
                    return 0;
                case "changed-environment":
                    ChangedEnvironment();
                    return 0;
#endif
#if NET8_0_OR_GREATER
                case "broken-listener":
                    BrokenListener();
                    return 0;
#endif
                case "fake":
                    FakeTests.A_call_that_is_not_overridden_is_named();
                    return 0;
                case "calls":
                    Calls().GetAwaiter().GetResult();
                    return 0;
                case "end-in-a-call":
                    EndInACall();
                    return 0;
                case "wiped":
                    Wiped();
                    return 0;
                case "no-token":
                    NoToken();
                    return 0;
                case "no-threads":
                    NoThreads().GetAwaiter().GetResult();
                    return 0;
                case "end-while-idle":
                    EndWhileIdle();
                    return 0;
#if NETCOREAPP
                case "deepest-call":
                    DeepestCall();
                    return 0;
#endif
                case "forgotten-client":
                    ForgottenClient();
                    return 0;
                default:
                    return 2;
            }
        }

        // Twice: a failure must not become a different one the second time.
        private static void Load()
        {
            for (int i = 0; i < 2; i++)
            {
                try
                {
                    Console.WriteLine("loaded " + ResetClient.LibraryVersion);
                }
                catch (DllNotFoundException e)
                {
                    Console.WriteLine($"DllNotFoundException {e.Message}");
                }
            }
        }

#if NETCOREAPP
        // A program may set its own resolver for the library.
        private static void OwnResolver()
        {
            string path = Environment.GetEnvironmentVariable("OWN_PATH")!;
            NativeLibrary.SetDllImportResolver(typeof(ResetClient).Assembly, (library, assembly, search) => NativeLibrary.Load(path));
            Load();
        }

        private static void Plugin()
        {
            var context = new System.Runtime.Loader.AssemblyLoadContext("plugin");
            Type client = context.LoadFromAssemblyPath(Environment.GetEnvironmentVariable("PLUGIN")!).GetType(typeof(ResetClient).FullName!)!;
            var error = Assert.Throws<TargetInvocationException>(() => client.GetProperty("LibraryVersion")!.GetValue(null));
            Console.WriteLine(error.InnerException!.Message);
        }

        // The named library serves all functions, also those that are first called after the variable was changed.
        private static void ChangedEnvironment()
        {
            _ = ResetClient.LibraryVersion;
            Environment.SetEnvironmentVariable("AUTOSHARES_RESET_LIBRARY", Environment.GetEnvironmentVariable("LATER_PATH"));
            Forget();
            IEnumerable<string> loaded = Process.GetCurrentProcess().Modules.Cast<ProcessModule>().Select(module => module.ModuleName!);
            Console.WriteLine(string.Join(" ", loaded.Where(name => name.Contains("autoshares")).Distinct()));
        }
#endif

#if NET8_0_OR_GREATER
        private static void BrokenListener()
        {
            using var listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == "AutoShares.Reset",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => throw new InvalidOperationException("of the listener"),
            };
            ActivitySource.AddActivityListener(listener);
            using (var client = new ResetClient(new ResetClientOptions { BaseUrl = "http://127.0.0.1:1", AppKey = "k" }))
            {
                Assert.Throws<InvalidOperationException>(() => client.Connect());
                Assert.Throws<InvalidOperationException>(() => client.ConnectAsync().GetAwaiter().GetResult());
            }

            Counts();
        }
#endif

        private static async Task Calls()
        {
            using (var server = new SlowServer())
            {
                ResetClient client = server.Client();
                var source = new CancellationTokenSource();
                Task[] tasks = Enumerable.Range(0, 10).Select(_ => (Task)client.GetSecretQuestionAsync("user", source.Token)).ToArray();
                server.Await(tasks.Length);
                source.Cancel();
                foreach (Task task in tasks)
                {
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
                }

                server.Respond();
                for (int i = 0; i < 50; i++)
                {
                    client.Connect();
                    client.GetSecretQuestion("user");
                    await client.RequestResetAsync("user", "answer", new CancellationTokenSource().Token);
                    client.ConfirmCode("code");
                    client.SetPassword("token", "password");
                    ResetAssert.Fails(ResetCode.InvalidArgument, () => client.GetSecretQuestion(""));
                    ResetAssert.Fails(ResetCode.InvalidArgument, () => client.GetSecretQuestion("\0"));
                    Assert.Throws<ArgumentNullException>(() => { _ = client.SetPasswordAsync("token", null!); });
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ConfirmCodeAsync("code", source.Token));
                    ResetAssert.Fails(ResetCode.InvalidArgument, () => new ResetClient(new ResetClientOptions()).Dispose());
                }

                client.Dispose();
                Assert.Throws<ObjectDisposedException>(() => client.GetSecretQuestion("user"));
            }

            Counts();
        }

        private static void EndInACall()
        {
            var server = new SlowServer();
            ResetClient client = server.Client();
            _ = client.GetSecretQuestionAsync("user");
            server.Await();
            Console.WriteLine("leaving");
        }

        private static async Task NoThreads()
        {
            using var server = new SlowServer();
            using ResetClient client = server.Client();
            using var timer = new Timer(_ => { }, null, 1, 1); // keeps Mono's timer thread alive
            refuse_threads(1);
            Task<string?> refused = client.GetSecretQuestionAsync("user");
            refuse_threads(0);
            var error = await Assert.ThrowsAsync<ResetException>(() => refused);
            Console.WriteLine($"{error.Code}, sent {error.RequestSent}, " + (error.Message.Contains("no thread") ? "no thread" : error.Message));

            Task<string?> first = client.GetSecretQuestionAsync("user");
            server.Await();
            refuse_threads(1);
            Task<string?> second = client.GetSecretQuestionAsync("second");
            refuse_threads(0);
            Console.WriteLine(second.IsCompleted || server.HasMore() ? "second does not wait" : "second waits");

            // For the third call a thread starts, which takes the call that has waited longer.
            Task<string?> third = client.GetSecretQuestionAsync("third");
            Console.WriteLine(server.Await().Contains("username=second ") ? "second is served" : "third is served first");
            Console.WriteLine(third.IsCompleted || server.HasMore() ? "third does not wait" : "third waits");
            server.Respond();
            foreach (string? question in await Task.WhenAll(first, second, third))
            {
                Console.WriteLine(question);
            }
        }

        private static void EndWhileIdle()
        {
            var server = new SlowServer();
            server.Respond();
            ResetClient client = server.Client();
            _ = client.GetSecretQuestionAsync("user").Result;
            Console.WriteLine(DateTime.UtcNow.Ticks);
        }

#if NETCOREAPP
        // Through a TLS proxy, with certificates from a file, so that one handshake is nested in the other.
        private static void DeepestCall()
        {
            using var proxy = new TlsProxy();
            using var client = new ResetClient(new ResetClientOptions
            {
                BaseUrl = "https://broker.example",
                AppKey = "key",
                Proxy = $"https://127.0.0.1:{proxy.Port}",
                CaFile = proxy.CaFile,
            });
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal("Which street?", client.GetSecretQuestionAsync("user").Result);
            }

            // An idle thread waits in a system call, whose line ends in the stack pointer and the program counter.
            string task = CallThreadTests.ThreadsOfCalls().Single();
            string[] place = Array.Empty<string>();
            SpinWait.SpinUntil(() => (place = File.ReadAllText(task + "/syscall").Split(' ')).Length > 1);
            ulong at = Convert.ToUInt64(place[place.Length - 2], 16);
            string[] map = File.ReadAllLines("/proc/self/smaps");
            int stack = Array.FindIndex(map, line => Regex.IsMatch(line, "^[0-9a-f]+-[0-9a-f]+ ") && Holds(line, at));
            string Kibibytes(string field) => Regex.Match(map.Skip(stack).First(line => line.StartsWith(field, StringComparison.Ordinal)), @"\d+").Value;
            Console.WriteLine(Kibibytes("Rss:") + " " + Kibibytes("Size:"));
        }

        private static bool Holds(string mapping, ulong address)
        {
            ulong[] ends = mapping.Split(' ')[0].Split('-').Select(end => Convert.ToUInt64(end, 16)).ToArray();
            return ends[0] <= address && address < ends[1];
        }
#endif

        private static void Wiped()
        {
            using var server = new SlowServer();
            server.Respond();
            using ResetClient client = server.Client();
            string password = new string('P', 200);
            client.SetPassword("token", password);
            string left = Left();
            foreach (string unsendable in new[] { password + "\0", "\0" + password, password + "\ud800" })
            {
                ResetAssert.Fails(ResetCode.InvalidArgument, () => client.SetPassword("token", unsendable));
                left += " " + Left();
            }

            Console.WriteLine(left);
        }

        // The allocator may have used the memory again, for a few characters of other text.
        private static string Left() => counted_left() < 20 ? "nothing" : "a password";

        private static void NoToken()
        {
            using var server = new SlowServer();
            server.Respond();
            using ResetClient client = server.Client();
            Console.WriteLine(ResetAssert.Fails(ResetCode.Internal, () => client.ConfirmCode("code")).Message);
        }

        private static void ForgottenClient()
        {
            // On a separate thread, so that no register or stack slot of this one still points to the client.
            var thread = new Thread(Forget);
            thread.Start();
            thread.Join();
            for (int i = 0; i < 20 && counted_live(1) > 0; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            Counts();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Forget() => new ResetClient(new ResetClientOptions { BaseUrl = "http://127.0.0.1:1", AppKey = "k" }).ToString();

        [DllImport("libpreloaded.so", CallingConvention = CallingConvention.Cdecl)]
        private static extern void refuse_threads(int yes);

        private static void Counts() =>
            Console.WriteLine("made " + string.Join(" ", Enumerable.Range(0, 4).Select(counted_made))
                + ", live " + string.Join(" ", Enumerable.Range(0, 4).Select(counted_live)));

        [DllImport("autoshares_reset", CallingConvention = CallingConvention.Cdecl)]
        private static extern int counted_made(int kind);

        [DllImport("autoshares_reset", CallingConvention = CallingConvention.Cdecl)]
        private static extern int counted_live(int kind);

        [DllImport("autoshares_reset", CallingConvention = CallingConvention.Cdecl)]
        private static extern int counted_left();
    }
}

#if NET8_0_OR_GREATER
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
    /// <summary>The activity of each call, for OpenTelemetry and similar tools.</summary>
    public static class TraceTests
    {
        [Fact]
        public static async Task Each_call_is_an_activity_by_OpenTelemetrys_conventions()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            var url = new Uri(emulator.BaseUrl);
            string service = $"server.address=127.0.0.1 server.port={url.Port}";
            using var seen = new Listener();

            client.Connect();
            client.GetSecretQuestion(Emulator.Hello);
            await client.RequestResetAsync(Emulator.Robert, Emulator.RobertsAnswer);
            string token = await client.ConfirmCodeAsync(emulator.MailedCode(Emulator.Robert));
            client.SetPassword(token, "N3w-Passw0rd!");
            ResetAssert.Fails(ResetCode.RateLimited, () => client.GetSecretQuestion("limited@autoshares.com"));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ConfirmCodeAsync("code", new CancellationToken(canceled: true)));
            await ResetAssert.FailsAsync(ResetCode.InvalidArgument, client.ConfirmCodeAsync(""));
            Assert.Equal(
                string.Join(
                    "\n",
                    $"Connect Client Unset {service}",
                    $"GetSecretQuestion Client Unset {service} http.request.method=GET http.response.status_code=200",
                    $"RequestReset Client Unset {service} http.request.method=POST http.response.status_code=200",
                    $"ConfirmCode Client Unset {service} http.request.method=POST http.response.status_code=200",
                    $"SetPassword Client Unset {service} http.request.method=PUT http.response.status_code=200",
                    $"GetSecretQuestion Client Error {service} http.request.method=GET http.response.status_code=429 error.type=RateLimited",
                    $"ConfirmCode Client Error {service} http.request.method=POST error.type=Cancelled",
                    $"ConfirmCode Client Error {service} http.request.method=POST error.type=InvalidArgument"),
                string.Join("\n", seen.Ended));
        }

        [Fact]
        public static async Task A_call_is_a_child_of_the_current_activity_and_leaves_that_current()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            using var seen = new Listener();
            using Activity outer = new Activity("outer").Start();
            Task<string?> call = client.GetSecretQuestionAsync(Emulator.Hello);
            Assert.Equal(outer, Activity.Current);
            await call;
            client.GetSecretQuestion(Emulator.Hello);
            Assert.Equal(outer, Activity.Current);
            Assert.True(seen.Parents.Count == 2 && seen.Parents.All(parent => parent == outer.SpanId), "both are its children");
        }

        [Fact]
        public static void A_sampler_decides_by_service_and_method()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            string service = $"server.address=127.0.0.1 server.port={new Uri(emulator.BaseUrl).Port}";
            using var seen = new Listener();
            client.Connect();
            client.GetSecretQuestion(Emulator.Hello);
            Assert.Equal($"Connect {service}\nGetSecretQuestion {service} http.request.method=GET", string.Join("\n", seen.Sampled));
        }

        [Fact]
        public static void A_listener_that_throws_keeps_no_client_alive()
        {
            using var child = new Child();
            child.CountCalls();
            Assert.Equal("made 1 1 0 0, live 0 0 0 0", child.Run("broken-listener"));
        }

        [Fact]
        public static void Tracing_without_a_listener_allocates_nothing()
        {
            using var emulator = new Emulator();
            using ResetClient client = emulator.Client();
            const int Calls = 2000;
            long Bytes()
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < Calls; i++)
                {
                    client.GetSecretQuestion(Emulator.Hello);
                }

                return (GC.GetAllocatedBytesForCurrentThread() - before) / Calls;
            }

            Bytes();
            long quiet = Bytes();
            Assert.True(quiet < 200, $"{quiet} bytes are what question and result take");
            using var seen = new Listener();
            Assert.True(Bytes() > quiet + 200, "an activity is seen in what is counted");
        }

        private sealed class Listener : IDisposable
        {
            private readonly ActivityListener listener;

            internal Listener()
            {
                listener = new ActivityListener
                {
                    ShouldListenTo = source => source.Name == "AutoShares.Reset",
                    Sample = Sample,
                    ActivityStopped = Note,
                };
                ActivitySource.AddActivityListener(listener);
            }

            internal List<string> Sampled { get; } = new List<string>();

            internal List<string> Ended { get; } = new List<string>();

            internal List<ActivitySpanId> Parents { get; } = new List<ActivitySpanId>();

            public void Dispose() => listener.Dispose();

            private ActivitySamplingResult Sample(ref ActivityCreationOptions<ActivityContext> options)
            {
                Sampled.Add($"{options.Name} {Listed(options.Tags)}");
                return ActivitySamplingResult.AllData;
            }

            private void Note(Activity activity)
            {
                lock (Ended)
                {
                    Parents.Add(activity.ParentSpanId);
                    Ended.Add($"{activity.DisplayName} {activity.Kind} {activity.Status} {Listed(activity.TagObjects)}");
                }
            }

            private static string Listed(IEnumerable<KeyValuePair<string, object?>>? tags) =>
                string.Join(" ", (tags ?? Array.Empty<KeyValuePair<string, object?>>()).Where(tag => tag.Value != null).Select(tag => $"{tag.Key}={tag.Value}"));
        }
    }
}
#endif

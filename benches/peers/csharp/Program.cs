// A client in C# that is measured as measure.c measures those in C: Peer autoshares|httpclient MODE WARMUP CALLS
// MODE: sync and async make one call after the other, crowd keeps 64 asynchronous calls under way, first times the
// process's first blocking call, with the making of its client.
using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using AutoShares.Reset;

internal static class Program
{
    private const int Crowd = 64;

    private static async Task Main(string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        using Client client = arguments[0] == "autoshares" ? new AutoSharesClient() : (Client)new DotNetClient();
        if (arguments[1] == "first")
        {
            Check(client.Ask());
            Print("first_us", Microseconds(Stopwatch.GetTimestamp() - start));
            return;
        }

        int warmup = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        int calls = int.Parse(arguments[3], CultureInfo.InvariantCulture);
        switch (arguments[1])
        {
            case "sync":
                Measure(client, warmup, new long[warmup]);
                Report(calls, times => Measure(client, calls, times));
                break;
            case "async":
                await MeasureAsync(client, warmup, new long[warmup]).ConfigureAwait(false);
                Report(calls, times => MeasureAsync(client, calls, times).GetAwaiter().GetResult());
                break;
            case "crowd":
                await MeasureCrowd(client, warmup, new long[warmup]).ConfigureAwait(false);
                Report(calls, times => MeasureCrowd(client, calls, times).GetAwaiter().GetResult());
                break;
            default:
                throw new ArgumentException("there is no mode " + arguments[1]);
        }
    }

    // Two loops, so that neither kind pays for the needs of the other.
    private static void Measure(Client client, int calls, long[] times)
    {
        for (int i = 0; i < calls; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Check(client.Ask());
            times[i] = Stopwatch.GetTimestamp() - start;
        }
    }

    private static async Task MeasureAsync(Client client, int calls, long[] times)
    {
        for (int i = 0; i < calls; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Check(await client.AskAsync().ConfigureAwait(false));
            times[i] = Stopwatch.GetTimestamp() - start;
        }
    }

    private static Task MeasureCrowd(Client client, int calls, long[] times)
    {
        int made = -1;
        async Task Member()
        {
            for (int i = Interlocked.Increment(ref made); i < calls; i = Interlocked.Increment(ref made))
            {
                long start = Stopwatch.GetTimestamp();
                Check(await client.AskAsync().ConfigureAwait(false));
                times[i] = Stopwatch.GetTimestamp() - start;
            }
        }

        return Task.WhenAll(Enumerable.Range(0, Crowd).Select(_ => Task.Run(Member)));
    }

    private static void Check(string? question)
    {
        if (string.IsNullOrEmpty(question))
        {
            throw new InvalidOperationException("a call did not bring the question");
        }
    }

    private static void Report(int calls, Action<long[]> measure)
    {
        var times = new long[calls];
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        measure(times);
        TimeSpan took = watch.Elapsed;
        cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        Array.Sort(times);
        Print(
            "p50_us", Microseconds(times[times.Length / 2]),
            "cpu_us", cpu.TotalMilliseconds * 1000 / calls,
            "bytes", (double)bytes / calls,
            "calls_per_s", calls / took.TotalSeconds);
    }

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;

    private static void Print(params object[] namesAndValues)
    {
        var fields = Enumerable.Range(0, namesAndValues.Length / 2).Select(i => string.Format(
            CultureInfo.InvariantCulture, "\"{0}\": {1:F3}", namesAndValues[2 * i], namesAndValues[2 * i + 1]));
        Console.WriteLine("{" + string.Join(", ", fields) + "}");
    }
}

internal abstract class Client : IDisposable
{
    protected static readonly string Url = Setting("BENCH_URL");
    protected static readonly string Key = Setting("BENCH_APP_KEY");
    protected static readonly string Username = Setting("BENCH_USERNAME");

    public abstract void Dispose();

    internal abstract string? Ask();

    internal abstract Task<string?> AskAsync();

    private static string Setting(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException(name + " is not set");
}

internal sealed class AutoSharesClient : Client
{
    private readonly ResetClient client = new ResetClient(new ResetClientOptions { BaseUrl = Url, AppKey = Key });

    public override void Dispose() => client.Dispose();

    internal override string? Ask() => client.GetSecretQuestion(Username);

    internal override Task<string?> AskAsync() => client.GetSecretQuestionAsync(Username);
}

internal sealed class DotNetClient : Client
{
    private readonly HttpClient client = new HttpClient();

    internal DotNetClient()
    {
        client.DefaultRequestHeaders.Add("Et-App-Key", Key);
        client.DefaultRequestHeaders.Add("Accept", "application/json");
    }

    public override void Dispose() => client.Dispose();

    internal override string? Ask()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address());
        using HttpResponseMessage response = HttpClientSend.Send(client, request);
        response.EnsureSuccessStatusCode();
        using Stream body = HttpClientSend.ReadAsStream(response.Content);
        using var copy = new MemoryStream();
        body.CopyTo(copy);
        return Question(copy.GetBuffer().AsSpan(0, (int)copy.Length));
    }

    internal override async Task<string?> AskAsync()
    {
        using HttpResponseMessage response = await client.GetAsync(Address()).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        return Question(await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false));
    }

    private static string Address() =>
        Url + "/v1.0/users/password/secret-question?username=" + Uri.EscapeDataString(Username);

    private static string? Question(ReadOnlySpan<byte> body)
    {
        Envelope? envelope = JsonSerializer.Deserialize<Envelope>(body);
        return envelope != null && envelope.IsSucceed ? envelope.Model : null;
    }

    private sealed class Envelope
    {
        public string? Model { get; set; }

        public bool IsSucceed { get; set; }
    }
}

// HttpClient has blocking calls since .NET 5; for an older SDK they need delegates.
internal static class HttpClientSend
{
    internal static readonly Func<HttpClient, HttpRequestMessage, HttpResponseMessage> Send =
        Method<Func<HttpClient, HttpRequestMessage, HttpResponseMessage>>(typeof(HttpClient), "Send", typeof(HttpRequestMessage));

    internal static readonly Func<HttpContent, Stream> ReadAsStream =
        Method<Func<HttpContent, Stream>>(typeof(HttpContent), "ReadAsStream");

    private static T Method<T>(Type type, string name, params Type[] parameters)
        where T : Delegate =>
        (T)type.GetMethod(name, parameters)!.CreateDelegate(typeof(T));
}

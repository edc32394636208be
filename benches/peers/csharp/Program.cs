// A client in C# that is measured as measure.c measures those in C: Peer autoshares|httpclient WARMUP CALLS
using System;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;
using AutoShares.Reset;

internal static class Program
{
    private static readonly string Url = Setting("BENCH_URL");
    private static readonly string Key = Setting("BENCH_APP_KEY");
    private static readonly string Username = Setting("BENCH_USERNAME");

    private static string Setting(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException(name + " is not set");

    private static async Task Main(string[] arguments)
    {
        int warmup = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        var times = new long[int.Parse(arguments[2], CultureInfo.InvariantCulture)];
        if (arguments[0] == "autoshares")
        {
            using var client = new ResetClient(new ResetClientOptions { BaseUrl = Url, AppKey = Key });
            Measure(warmup, times, () => client.GetSecretQuestion(Username));
        }
        else
        {
            using var client = new HttpClient();
            client.DefaultRequestHeaders.Add("Et-App-Key", Key);
            client.DefaultRequestHeaders.Add("Accept", "application/json");
            await MeasureAsync(warmup, times, () => Ask(client)).ConfigureAwait(false);
        }
        Array.Sort(times);
        double p50 = times[times.Length / 2] * 1e6 / Stopwatch.Frequency;
        Console.WriteLine(string.Format(CultureInfo.InvariantCulture, "{{\"p50_us\": {0:F3}}}", p50));
    }

    private static async Task<string?> Ask(HttpClient client)
    {
        string query = "?username=" + Uri.EscapeDataString(Username);
        using HttpResponseMessage response =
            await client.GetAsync(Url + "/v1.0/users/password/secret-question" + query).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        byte[] body = await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
        Envelope? envelope = JsonSerializer.Deserialize<Envelope>(body);
        return envelope != null && envelope.IsSucceed ? envelope.Model : null;
    }

    // Two loops, so that neither client pays for what only the other needs.
    private static void Measure(int warmup, long[] times, Func<string?> ask)
    {
        for (int i = -warmup; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            string? question = ask();
            Note(i, times, start, question);
        }
    }

    private static async Task MeasureAsync(int warmup, long[] times, Func<Task<string?>> ask)
    {
        for (int i = -warmup; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            string? question = await ask().ConfigureAwait(false);
            Note(i, times, start, question);
        }
    }

    private static void Note(int index, long[] times, long start, string? question)
    {
        long taken = Stopwatch.GetTimestamp() - start;
        if (string.IsNullOrEmpty(question))
        {
            throw new InvalidOperationException("a call did not bring the question");
        }
        if (index >= 0)
        {
            times[index] = taken;
        }
    }

    private sealed class Envelope
    {
        public string? Model { get; set; }

        public bool IsSucceed { get; set; }
    }
}

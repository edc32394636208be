// Prints the secret question of an AutoShares account.
//
//     AUTOSHARES_APP_KEY=… dotnet run -- [BASE_URL] USERNAME
//
// BASE_URL may come from AUTOSHARES_BASE_URL instead. The app key comes from AUTOSHARES_APP_KEY alone, because
// arguments are seen by everyone who can list processes. AUTOSHARES_CA_FILE may name a PEM file with the only
// certificates to trust, such as the emulator's.
//
// Exit status: 0 done, 1 any other failure, 2 wrong usage, 3 app key rejected, 4 the service said no, 5 the network failed.
using System;
using System.IO;
using System.Text;
using AutoShares.Reset;

internal static class Program
{
    private static int Main(string[] args)
    {
        string? baseUrl = args.Length == 2 ? args[0] : Environment.GetEnvironmentVariable("AUTOSHARES_BASE_URL");
        string? appKey = Environment.GetEnvironmentVariable("AUTOSHARES_APP_KEY");
        if (args.Length < 1 || args.Length > 2 || baseUrl == null || appKey == null)
        {
            Console.Error.WriteLine(
                "usage: AUTOSHARES_APP_KEY=KEY SecretQuestion [BASE_URL] USERNAME (BASE_URL else from AUTOSHARES_BASE_URL)");
            return 2;
        }

        WriteUtf8();
        try
        {
            using var client = new ResetClient(new ResetClientOptions
            {
                BaseUrl = baseUrl,
                AppKey = appKey,
                CaFile = Environment.GetEnvironmentVariable("AUTOSHARES_CA_FILE"), // null: the system's
            });
            string? question = client.GetSecretQuestion(args[^1]);
            Console.WriteLine(question ?? "This account has no secret question.");
            return 0;
        }
        catch (ResetException e) when (e.RetryAfter != null)
        {
            Console.Error.WriteLine($"{e.Message} (Wait for {e.RetryAfter.Value.TotalSeconds} s.)");
            return ExitStatus(e.Code);
        }
        catch (ResetException e)
        {
            Console.Error.WriteLine(e.Message); // one sentence fit to show
            return ExitStatus(e.Code);
        }
        catch (DllNotFoundException e)
        {
            Console.Error.WriteLine(e.Message); // the native library: the attempts and a remedy
            return 1;
        }
        catch (IOException e)
        {
            Console.Error.WriteLine($"The question cannot be written: {e.Message}"); // a full disk, a pipe that nobody reads
            return 1;
        }
    }

    private static void WriteUtf8()
    {
        try
        {
            Console.OutputEncoding = Encoding.UTF8;
        }
        catch (IOException)
        {
            // Windows refuses where there is no console, and would write question marks.
            Console.SetOut(new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true });
        }
    }

    private static int ExitStatus(ResetCode code)
    {
        switch (code)
        {
            case ResetCode.AppKeyRejected: // the user can do nothing: the broker gives out keys
                return 3;

            case ResetCode.Rejected: // the message has the service's own words
            case ResetCode.AnswerIncorrect:
            case ResetCode.RateLimited: // wait, then try again
                return 4;

            case ResetCode.ResolveFailed: // it may work later, or on another network
            case ResetCode.ConnectFailed:
            case ResetCode.TlsFailed:
            case ResetCode.Timeout:
            case ResetCode.ConnectionLost:
                return 5;

            default: // this program's settings are wrong, the service failed, or another server responded
                return 1;
        }
    }
}

// The password reset of an AutoShares account, as a dialog at the terminal: asks for a reset, for the answer to the secret
// question where the account has one, for the mailed code, and for the new password. An empty line stops it anywhere.
//
//     AUTOSHARES_APP_KEY=… dotnet run -- [BASE_URL] [USERNAME]
//
// Settings and exit status are those of SecretQuestion.
using System;
using System.IO;
using System.Linq;
using System.Text;
using AutoShares.Reset;

internal static class Program
{
    private static int Main(string[] args)
    {
        bool urlGiven = args.Length > 0 && args[0].Contains("://");
        string? baseUrl = urlGiven ? args[0] : Environment.GetEnvironmentVariable("AUTOSHARES_BASE_URL");
        string? appKey = Environment.GetEnvironmentVariable("AUTOSHARES_APP_KEY");
        string[] rest = args.Skip(urlGiven ? 1 : 0).ToArray();
        if (rest.Length > 1 || baseUrl == null || appKey == null)
        {
            Console.Error.WriteLine(
                "usage: AUTOSHARES_APP_KEY=KEY Wizard [BASE_URL] [USERNAME] (BASE_URL else from AUTOSHARES_BASE_URL)");
            return ExitStatus.Usage;
        }

        WriteUtf8();
        try
        {
            using var client = new ResetClient(new ResetClientOptions
            {
                BaseUrl = baseUrl,
                AppKey = appKey,
                CaFile = Environment.GetEnvironmentVariable("AUTOSHARES_CA_FILE"),
            });
            return new Dialog(client).Run(rest.FirstOrDefault());
        }
        catch (ResetException e)
        {
            Terminal.Say(e);
            return ExitStatus.Of(e.Code);
        }
        catch (DllNotFoundException e)
        {
            Console.Error.WriteLine(e.Message);
            return ExitStatus.Failed;
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
}

internal static class ExitStatus
{
    internal const int Failed = 1;
    internal const int Usage = 2;
    internal const int KeyRejected = 3;
    internal const int SaidNo = 4;
    internal const int Network = 5;

    internal static int Of(ResetCode code)
    {
        switch (code)
        {
            case ResetCode.AppKeyRejected:
                return KeyRejected;
            case ResetCode.Rejected:
            case ResetCode.AnswerIncorrect:
            case ResetCode.RateLimited:
                return SaidNo;
            case ResetCode.ResolveFailed:
            case ResetCode.ConnectFailed:
            case ResetCode.TlsFailed:
            case ResetCode.Timeout:
            case ResetCode.ConnectionLost:
                return Network;
            default:
                return Failed;
        }
    }
}

// The way back into an AutoShares account, as a dialog at the terminal: asks for a reset, for the answer to the secret
// question where the account has one, for the mailed code, and for the new password. An empty line stops it anywhere.
//
//     AUTOSHARES_APP_KEY=… dotnet run -- [BASE_URL] [USERNAME]
//
// Settings and exit status are those of SecretQuestion.
using System;
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
            return 2;
        }

        Console.OutputEncoding = Encoding.UTF8;
        try
        {
            using var client = new ResetClient(new ResetClientOptions
            {
                BaseUrl = baseUrl,
                AppKey = appKey,
                CaFile = Environment.GetEnvironmentVariable("AUTOSHARES_CA_FILE"),
            });
            Reset(client, rest.FirstOrDefault() ?? Terminal.Ask("Username: "));
            Console.WriteLine("Your password is changed.");
            return 0;
        }
        catch (Stopped)
        {
            Console.Error.WriteLine("Stopped. The password is not changed.");
            return 1;
        }
        catch (ResetException e)
        {
            Console.Error.WriteLine(e.Message);
            if (e.RetryAfter != null)
            {
                Console.Error.WriteLine($"Please try again in {e.RetryAfter.Value.TotalSeconds} s.");
            }

            return ExitStatus(e.Code);
        }
        catch (DllNotFoundException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static void Reset(ResetClient client, string user)
    {
        RequestReset(client, user);
        Console.WriteLine("A code is on its way to you by mail.");
        string token = UntilAccepted(() => client.ConfirmCode(Terminal.Ask("Code: ")));
        UntilAccepted(() =>
        {
            client.SetPassword(token, NewPassword());
            return true;
        });
    }

    // The service mails a code at once where the account has no question, and wants the answer where it has one.
    private static void RequestReset(ResetClient client, string user)
    {
        try
        {
            client.RequestReset(user);
        }
        catch (ResetException e) when (e.Code == ResetCode.AnswerIncorrect)
        {
            string? question = client.GetSecretQuestion(user);
            if (question == null)
            {
                throw new ResetException(e.Code, "The service wants an answer, but this account has no question.");
            }

            Console.WriteLine(question);
            UntilAccepted(() =>
            {
                client.RequestReset(user, Terminal.Ask("Answer: "));
                return true;
            });
        }
    }

    // Asks again as long as other input may help.
    private static T UntilAccepted<T>(Func<T> step)
    {
        while (true)
        {
            try
            {
                return step();
            }
            catch (ResetException e)
                when (e.Code == ResetCode.Rejected || e.Code == ResetCode.AnswerIncorrect || e.Code == ResetCode.InvalidArgument)
            {
                Console.Error.WriteLine(e.Message);
            }
        }
    }

    private static string NewPassword()
    {
        while (true)
        {
            string password = Terminal.AskHidden("New password: ");
            if (password == Terminal.AskHidden("Repeat it: "))
            {
                return password;
            }

            Console.Error.WriteLine("The two are not the same.");
        }
    }

    private static int ExitStatus(ResetCode code)
    {
        switch (code)
        {
            case ResetCode.AppKeyRejected:
                return 3;
            case ResetCode.Rejected:
            case ResetCode.AnswerIncorrect:
            case ResetCode.RateLimited:
                return 4;
            case ResetCode.ResolveFailed:
            case ResetCode.ConnectFailed:
            case ResetCode.TlsFailed:
            case ResetCode.Timeout:
            case ResetCode.ConnectionLost:
                return 5;
            default:
                return 1;
        }
    }
}

using System;
using System.Threading;
using AutoShares.Reset;

/// <summary>The person wants a new code: codes and tokens expire, and too many wrong codes end a code.</summary>
internal sealed class NewCode : Exception
{
}

/// <summary>Thrown after a failure that was already printed.</summary>
internal sealed class Ended : Exception
{
    internal Ended(int status) => Status = status;

    internal int Status { get; }
}

/// <summary>The steps of a reset. A step is repeated while other input may help.</summary>
internal sealed class Dialog
{
    private const string Unknown = "It is not known whether the password was changed.";
    private readonly ResetClient client;

    // The new password was sent, and no response told the outcome.
    private bool outcomeUnknown;

    // A code was mailed, so the service knows the user.
    private bool userKnown;

    internal Dialog(ResetClient client) => this.client = client;

    /// <param name="user">The username; null to ask.</param>
    /// <returns>The exit status.</returns>
    internal int Run(string? user)
    {
        try
        {
            if (user != null)
            {
                Reset(user);
            }
            else
            {
                // Makes the connection while the person types. The next call reports its failure.
                _ = client.ConnectAsync();
                UntilAccepted(_ => Reset(Terminal.Ask("Username: ")));
            }

            return 0;
        }
        catch (Stopped)
        {
            Console.Error.WriteLine("Stopped. " + (outcomeUnknown ? Unknown : "The password is not changed."));
            return ExitStatus.Failed;
        }
        catch (Ended e)
        {
            return e.Status;
        }
        catch (ResetException e)
        {
            Say(e);
            return ExitStatus.Of(e.Code);
        }
    }

    private void Reset(string user)
    {
        while (true)
        {
            RequestReset(user);
            userKnown = true;
            Console.WriteLine("A code is on its way to you by mail.");
            try
            {
                SetPassword(ConfirmCode());
                Console.WriteLine("Your password is changed.");
                return;
            }
            catch (NewCode)
            {
            }
        }
    }

    // Makes the service mail a code; this needs the answer to the secret question if there is one.
    private void RequestReset(string user)
    {
        try
        {
            Persistently(stop => client.RequestReset(user, null, stop));
            return;
        }
        catch (ResetException e) when (e.Code == ResetCode.AnswerIncorrect)
        {
        }

        string? question = null;
        Persistently(stop => question = client.GetSecretQuestion(user, stop));
        if (question == null)
        {
            Console.Error.WriteLine("The service wants an answer, but this account has no question.");
            throw new Ended(ExitStatus.SaidNo);
        }

        Console.WriteLine(question);
        UntilAccepted(_ =>
        {
            string answer = Terminal.Ask("Answer: ");
            Persistently(stop => client.RequestReset(user, answer, stop));
        });
    }

    private string ConfirmCode()
    {
        string token = "";
        UntilAccepted(again =>
        {
            string code = Terminal.Ask(again ? "Code (n for a new one): " : "Code: ");
            if (again && code == "n")
            {
                throw new NewCode();
            }

            Persistently(stop => token = client.ConfirmCode(code, stop));
        });
        return token;
    }

    private void SetPassword(string token)
    {
        UntilAccepted(again =>
        {
            string password = NewPassword(again);
            Persistently(stop =>
            {
                try
                {
                    client.SetPassword(token, password, stop);
                }
                catch (Exception e) when (HasUnknownOutcome(e as ResetException ?? e.InnerException as ResetException))
                {
                    outcomeUnknown = true;
                    throw;
                }
            });
        });
    }

    private static string NewPassword(bool again)
    {
        while (true)
        {
            string password = Terminal.AskHidden(again ? "New password (n for a new code): " : "New password: ");
            if (again && password == "n")
            {
                throw new NewCode();
            }

            if (password == Terminal.AskHidden("Repeat it: "))
            {
                return password;
            }

            Console.Error.WriteLine("The two are not the same.");
        }
    }

    // True if a request was sent and the service may have acted on it.
    private static bool HasUnknownOutcome(ResetException? failure) =>
        failure != null && failure.RequestSent && failure.Code != ResetCode.AppKeyRejected && ExitStatus.Of(failure.Code) != ExitStatus.SaidNo;

    // Repeats a call after a failure that may pass, as long as the person wants to. Ctrl-C ends the call.
    private void Persistently(Action<CancellationToken> call)
    {
        while (true)
        {
            try
            {
                Terminal.Interruptible(call);
                return;
            }
            catch (ResetException e) when (e.Code == ResetCode.RateLimited || ExitStatus.Of(e.Code) == ExitStatus.Network)
            {
                Say(e);
                if (!Terminal.Agrees("Try again? [y/n] "))
                {
                    throw new Ended(ExitStatus.Of(e.Code));
                }
            }
            catch (OperationCanceledException)
            {
                throw new Stopped();
            }
        }
    }

    // Repeats a step while other input may help. The step's argument: it is repeated. At 404 no input helps: the service
    // has no such call.
    private void UntilAccepted(Action<bool> step)
    {
        for (bool again = false; ; again = true)
        {
            try
            {
                step(again);
                return;
            }
            catch (ResetException e)
                when (e.HttpStatus != 404
                    && (e.Code == ResetCode.Rejected || e.Code == ResetCode.AnswerIncorrect || e.Code == ResetCode.InvalidArgument))
            {
                Say(e);
            }
        }
    }

    private void Say(ResetException failure)
    {
        Terminal.Say(failure);
        if (failure.Code == ResetCode.ServerError && !userKnown)
        {
            Console.Error.WriteLine("Some services fail like this when they do not know the username.");
        }

        if (outcomeUnknown)
        {
            Console.Error.WriteLine(Unknown);
        }
    }
}

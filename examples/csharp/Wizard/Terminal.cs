using System;
using System.Text;
using System.Threading;
using AutoShares.Reset;

/// <summary>The person gave no input or stopped, or the input ended.</summary>
internal sealed class Stopped : Exception
{
}

/// <summary>Asks a person at the terminal, or a script through a pipe.</summary>
internal static class Terminal
{
    private const char CtrlD = '\u0004';
    private const char CtrlU = '\u0015';

    internal static string Ask(string prompt)
    {
        Console.Write(prompt);
        string? line = Console.ReadLine();
        return string.IsNullOrEmpty(line) ? throw new Stopped() : line;
    }

    internal static bool Agrees(string question)
    {
        Console.Write(question);
        string? line = Console.ReadLine();
        return line == "y" || line == "Y";
    }

    /// <summary>Asks without echo, which only a terminal has.</summary>
    internal static string AskHidden(string prompt)
    {
        if (Console.IsInputRedirected)
        {
            return Ask(prompt);
        }

        Console.Write(prompt);
        var line = new StringBuilder();
        bool usable = true;
        for (ConsoleKeyInfo key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                // A character outside the basic plane is two of C#'s.
                bool pair = line.Length > 1 && char.IsLowSurrogate(line[line.Length - 1]);
                line.Length -= Math.Min(line.Length, pair ? 2 : 1);
            }
            else if (key.KeyChar == CtrlU)
            {
                line.Clear();
                usable = true;
            }
            else if (key.KeyChar == CtrlD && line.Length == 0 && usable)
            {
                break;
            }
            else if (key.KeyChar == '\t' || !char.IsControl(key.KeyChar))
            {
                line.Append(key.KeyChar);
            }
            else
            {
                // An arrow key, for instance. If it were ignored, the password would not be the one that the person meant.
                usable = false;
            }
        }

        Console.WriteLine();
        if (!usable)
        {
            Console.Error.WriteLine("That is not text. Please try again.");
            return AskHidden(prompt);
        }

        return line.Length == 0 ? throw new Stopped() : line.ToString();
    }

    internal static void Say(ResetException failure)
    {
        Console.Error.WriteLine(failure.Message);
        if (failure.RetryAfter != null)
        {
            Console.Error.WriteLine($"Please try again in {failure.RetryAfter.Value.TotalSeconds} s.");
        }
    }

    /// <summary>Makes a call that Ctrl-C cancels. Otherwise Ctrl-C ends the program.</summary>
    internal static void Interruptible(Action<CancellationToken> call)
    {
        var source = new CancellationTokenSource();
        ConsoleCancelEventHandler interrupt = (_, key) =>
        {
            key.Cancel = true;
            source.Cancel();
        };
        Console.CancelKeyPress += interrupt;
        try
        {
            call(source.Token);
        }
        finally
        {
            Console.CancelKeyPress -= interrupt;
        }
    }
}

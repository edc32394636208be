using System;
using System.Text;

/// <summary>The person gave nothing, or the input ended.</summary>
internal sealed class Stopped : Exception
{
}

/// <summary>Asking a person at the terminal, or a script through a pipe.</summary>
internal static class Terminal
{
    internal static string Ask(string prompt)
    {
        Console.Write(prompt);
        string? line = Console.ReadLine();
        return string.IsNullOrEmpty(line) ? throw new Stopped() : line;
    }

    /// <summary>The same without echo, which only a terminal has.</summary>
    internal static string AskHidden(string prompt)
    {
        if (Console.IsInputRedirected)
        {
            return Ask(prompt);
        }

        Console.Write(prompt);
        var line = new StringBuilder();
        for (ConsoleKeyInfo key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                // A character outside the basic plane is two of C#'s.
                bool pair = line.Length > 1 && char.IsLowSurrogate(line[line.Length - 1]);
                line.Length -= Math.Min(line.Length, pair ? 2 : 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                line.Append(key.KeyChar);
            }
        }

        Console.WriteLine();
        return line.Length == 0 ? throw new Stopped() : line.ToString();
    }
}

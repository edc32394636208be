using System;
using AutoShares.Reset.Tests.Support;

namespace AutoShares.Reset.Tests
{
    /// <summary>
    /// <c>Tests [--only TEXT]</c> runs the tests, <c>Tests --conformance</c> the table of cases, and
    /// <c>Tests --child NAME</c> is what tests start that need a process of their own.
    /// </summary>
    internal static class Program
    {
        private static int Main(string[] args)
        {
            switch (args.Length)
            {
                case 0:
                    return Suite.Run("");
                case 1 when args[0] == "--conformance":
                    return Conformance.Run();
                case 2 when args[0] == "--only":
                    return Suite.Run(args[1]);
                case 2 when args[0] == "--child":
                    return Children.Run(args[1]);
                default:
                    Console.Error.WriteLine("usage: Tests [--conformance | --only TEXT | --child NAME]");
                    return 2;
            }
        }
    }
}

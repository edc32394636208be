using System;
using System.Linq;
using AutoShares.Reset.Tests.Support;

namespace AutoShares.Reset.Tests
{
    /// <summary>
    /// <c>Tests [--only TEXT]</c> runs the tests, <c>Tests --conformance CASES URL</c> the table of cases, and
    /// <c>Tests --child NAME …</c> is what tests start that need a process of their own.
    /// </summary>
    internal static class Program
    {
        private static int Main(string[] args)
        {
            switch (args.FirstOrDefault())
            {
                case "--child":
                    return Children.Run(args[1]);
                case "--conformance":
                    return Conformance.Run();
                case "--only":
                    return Suite.Run(args[1]);
                default:
                    return Suite.Run("");
            }
        }
    }
}

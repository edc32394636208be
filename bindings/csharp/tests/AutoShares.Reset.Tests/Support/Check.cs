using System;
using System.Collections.Generic;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>A test throws it when a check fails.</summary>
    internal sealed class Failed : Exception
    {
        internal Failed(string message)
            : base(message)
        {
        }
    }

    internal static class Check
    {
        internal static void Equal<T>(T expected, T actual, string what = "")
        {
            if (!EqualityComparer<T>.Default.Equals(expected, actual))
            {
                throw new Failed($"{what} expected <{expected}>, got <{actual}>");
            }
        }

        internal static void True(bool fact, string what)
        {
            if (!fact)
            {
                throw new Failed("not so: " + what);
            }
        }

        internal static void Contains(string part, string whole) =>
            True(whole.Contains(part), $"<{part}> is in <{whole}>");

        internal static void Lacks(string part, string whole) =>
            True(!whole.Contains(part), $"<{part}> is not in the text of {whole.Length} characters");

        /// <summary>Runs something that must throw exactly this, and hands it over.</summary>
        internal static T Throws<T>(Action action)
            where T : Exception
        {
            try
            {
                action();
            }
            catch (T e)
            {
                return e;
            }

            throw new Failed($"{typeof(T).Name} was not thrown");
        }

        internal static async Task<T> ThrowsAsync<T>(Func<Task> action)
            where T : Exception
        {
            try
            {
                await action();
            }
            catch (T e)
            {
                return e;
            }

            throw new Failed($"{typeof(T).Name} was not thrown");
        }

        internal static ResetException Fails(ResetCode code, Action action)
        {
            var error = Throws<ResetException>(action);
            Equal(code, error.Code, error.Message);
            True(code != ResetCode.InvalidArgument || !Regex.IsMatch(error.Message, "_|[a-z][A-Z]|NULL"), "plain English: " + error.Message);
            return error;
        }
    }
}

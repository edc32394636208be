// Replaces xunit.v3 where an old SDK without a package feed builds: the few of its types and methods that these tests use,
// called in the same way and with the same meaning, and its runner.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using Xunit;
using Xunit.Sdk;

namespace Xunit
{
    [AttributeUsage(AttributeTargets.Method)]
    internal class FactAttribute : Attribute
    {
        public FactAttribute(string? sourceFilePath = null, int sourceLineNumber = -1)
        {
        }

        /// <summary>The reason why the test cannot run here.</summary>
        public string? Skip { get; set; }
    }

    /// <summary>A test for each row of a <see cref="MemberDataAttribute"/>.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class TheoryAttribute : FactAttribute
    {
    }

    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class MemberDataAttribute : Attribute
    {
        public MemberDataAttribute(string memberName) => MemberName = memberName;

        public string MemberName { get; }
    }

    internal static class Assert
    {
        internal static void True(bool condition, string? userMessage) => Check(condition, userMessage + ": expected true, got false");

        internal static void False(bool condition, string? userMessage) => Check(!condition, userMessage + ": expected false, got true");

        internal static void Null(object? value) => Check(value == null, $"expected null, got <{value}>");

        internal static void NotNull(object? value) => Check(value != null, "expected a value, got null");

        /// <summary>Unlike xunit's, it does not compare collections by their elements.</summary>
        internal static void Equal<T>(T expected, T actual) =>
            Check(EqualityComparer<T>.Default.Equals(expected, actual), $"expected <{expected}>, got <{actual}>");

        internal static void Empty(IEnumerable collection) => HasCount(0, collection);

        internal static void Single(IEnumerable collection) => HasCount(1, collection);

        internal static void StartsWith(string start, string? text, StringComparison comparison) =>
            Check(text?.StartsWith(start, comparison) == true, $"expected <{start}> at the start of <{text}>");

        internal static void Contains(string part, string? text, StringComparison comparison = StringComparison.CurrentCulture) =>
            Check(text?.IndexOf(part, comparison) >= 0, $"expected <{part}> in <{text}>");

        internal static void DoesNotContain(string part, string? text, StringComparison comparison = StringComparison.CurrentCulture) =>
            Check(!(text?.IndexOf(part, comparison) >= 0), $"expected no <{part}> in <{text}>");

        internal static T IsType<T>(object? value)
        {
            Check(value?.GetType() == typeof(T), $"expected exactly {typeof(T)}, got <{value ?? "nothing"}>");
            return (T)value!;
        }

        internal static T Throws<T>(Action code)
            where T : Exception
        {
            Exception? thrown = null;
            try
            {
                code();
            }
            catch (Exception e)
            {
                thrown = e;
            }

            return IsType<T>(thrown);
        }

        internal static T Throws<T>(Func<object?> code)
            where T : Exception => Throws<T>(new Action(() => code()));

        [Obsolete("Await Assert.ThrowsAsync. For a method that throws before it returns its task, discard that in a block.", error: true)]
        internal static T Throws<T>(Func<Task> code)
            where T : Exception => throw new NotSupportedException();

        internal static async Task<T> ThrowsAsync<T>(Func<Task> code)
            where T : Exception => IsType<T>(await ThrowsAnyAsync<Exception>(code));

        /// <summary>The type or one derived from it.</summary>
        internal static async Task<T> ThrowsAnyAsync<T>(Func<Task> code)
            where T : Exception
        {
            Exception? thrown = null;
            try
            {
                await code();
            }
            catch (Exception e)
            {
                thrown = e;
            }

            return thrown as T ?? throw new XunitException($"expected {typeof(T)}, got <{thrown?.ToString() ?? "nothing"}>");
        }

        private static void HasCount(int count, IEnumerable collection)
        {
            object[] items = collection.Cast<object>().ToArray();
            Check(items.Length == count, $"expected a count of {count}, got {items.Length}: {string.Join("; ", items)}");
        }

        private static void Check(bool condition, string message)
        {
            if (!condition)
            {
                throw new XunitException(message);
            }
        }
    }
}

namespace Xunit.Sdk
{
    internal sealed class XunitException : Exception
    {
        public XunitException(string message)
            : base(message)
        {
        }
    }
}

namespace AutoShares.Reset.Tests.AutoGenerated
{
    /// <summary>The program, which xunit.v3 generates under this name.</summary>
    internal static class XunitAutoGeneratedEntryPoint
    {
        internal static int Main(string[] args)
        {
            switch (args.Length)
            {
                case 0:
                    return Run("");
                case 1 when args[0] == "--conformance":
                    return Run(nameof(ConformanceTests));
                case 2 when args[0] == "--only":
                    return Run(args[1]);
                default:
                    Console.Error.WriteLine("usage: Tests [--conformance | --only TEXT | --child NAME]");
                    return 2;
            }
        }

        /// <summary>Runs the tests one after the other, prints the outcome of each, and counts.</summary>
        private static int Run(string only)
        {
            var tests =
                from type in typeof(Program).Assembly.GetTypes()
                orderby type.Name
                from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
                let fact = method.GetCustomAttribute<FactAttribute>()
                where fact != null
                from row in Rows(method)
                let name = $"{type.Name}.{method.Name}" + (row.Length > 0 ? $"({string.Join(", ", row)})" : "")
                where name.Contains(only)
                select (name, method, row, fact!.Skip);
            int passed = 0;
            int failed = 0;
            int skipped = 0;
            foreach ((string name, MethodInfo method, object[] row, string? reason) in tests)
            {
                if (reason != null)
                {
                    skipped++;
                    Console.WriteLine($"skipped {name}: {reason}");
                    continue;
                }

                try
                {
                    (method.Invoke(null, row) as Task)?.GetAwaiter().GetResult();
                    passed++;
                    Console.WriteLine("ok " + name);
                }
                catch (Exception thrown)
                {
                    Exception e = thrown is TargetInvocationException ? thrown.InnerException! : thrown;
                    failed++;
                    Console.WriteLine($"FAILED {name}: {e}{(e as ResetException)?.Details}");
                }
            }

            Console.WriteLine($"{passed} passed, {failed} failed" + (skipped > 0 ? $", {skipped} skipped" : ""));
            return failed == 0 && passed > 0 ? 0 : 1;
        }

        private static IEnumerable<object[]> Rows(MethodInfo test)
        {
            var data = test.GetCustomAttribute<MemberDataAttribute>();
            return data == null
                ? new[] { new object[0] }
                : (IEnumerable<object[]>)test.DeclaringType!.GetProperty(data.MemberName)!.GetValue(null)!;
        }
    }
}

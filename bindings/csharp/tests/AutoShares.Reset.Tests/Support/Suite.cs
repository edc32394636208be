using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>Marks a class whose public static methods are tests.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    internal sealed class TestsAttribute : Attribute
    {
    }

    /// <summary>What a test throws when it finds something else than it should.</summary>
    internal sealed class Failed : Exception
    {
        internal Failed(string message)
            : base(message)
        {
        }
    }

    /// <summary>Runs the tests one after the other and counts: no test framework can be had without a package feed.</summary>
    internal static class Suite
    {
        internal static int Run(string only)
        {
            IEnumerable<MethodInfo> tests =
                from type in typeof(Suite).Assembly.GetTypes()
                where type.GetCustomAttribute<TestsAttribute>() != null
                orderby type.Name
                from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
                where (type.Name + "." + method.Name).Contains(only)
                select method;
            return Count(tests.Select(test => ((string)(test.DeclaringType!.Name + "." + test.Name), (Func<Task>)(() => Invoke(test)), Missing(test))));
        }

        /// <summary>Runs named checks, but for those that cannot run here, and prints how many passed.</summary>
        internal static int Count(IEnumerable<(string Name, Func<Task> Check, string? Missing)> checks)
        {
            int passed = 0;
            int failed = 0;
            int skipped = 0;
            foreach ((string name, Func<Task> check, string? missing) in checks)
            {
                if (missing != null)
                {
                    skipped++;
                    Console.WriteLine($"skipped {name}: {missing}");
                    continue;
                }

                try
                {
                    check().GetAwaiter().GetResult();
                    passed++;
                    Console.WriteLine("ok " + name);
                }
                catch (Exception e)
                {
                    failed++;
                    Console.WriteLine("FAILED " + name + ": " + (e is Failed ? e.Message : e.ToString() + (e as ResetException)?.Details));
                }
            }

            Console.WriteLine($"{passed} passed, {failed} failed" + (skipped > 0 ? $", {skipped} skipped" : ""));
            return failed == 0 && passed > 0 ? 0 : 1;
        }

        private static string? Missing(MethodInfo test) =>
            new[] { test, (MemberInfo)test.DeclaringType! }.Select(marked => marked.GetCustomAttribute<NeedsAttribute>())
                .FirstOrDefault(needs => needs != null && needs.IsMissing)?.Reason;

        private static Task Invoke(MethodInfo test)
        {
            if (test.ReturnType == typeof(Task))
            {
                return ((Func<Task>)test.CreateDelegate(typeof(Func<Task>)))();
            }

            ((Action)test.CreateDelegate(typeof(Action)))();
            return Task.CompletedTask;
        }
    }
}

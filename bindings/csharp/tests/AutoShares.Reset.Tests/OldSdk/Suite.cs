using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using Xunit;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>Runs the tests one after the other, prints the outcome of each, and counts.</summary>
    internal static class Suite
    {
        internal static int Run(string only)
        {
            var tests =
                from type in typeof(Suite).Assembly.GetTypes()
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
                    Console.WriteLine("FAILED " + name + ": " + (e is Failed ? e.Message : e.ToString() + (e as ResetException)?.Details));
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
                : (IEnumerable<object[]>)test.DeclaringType!.GetProperty(data.Property)!.GetValue(null)!;
        }
    }
}

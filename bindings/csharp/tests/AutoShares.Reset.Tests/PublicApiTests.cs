using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>
    /// The public surface is the one that PublicAPI/ lists, in the format of Microsoft.CodeAnalysis.PublicApiAnalyzers.
    /// Reflection does not see nullability, which is left to the analyzer.
    /// </summary>
    public static class PublicApiTests
    {
        private static readonly BindingFlags Declared =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

        [Fact]
        public static void The_public_members_are_the_listed_ones()
        {
            string folder = Path.Combine(Repository.Root, "bindings/csharp/src/AutoShares.Reset/PublicAPI");
            IEnumerable<string> listed = Lines(Path.Combine(folder, "PublicAPI.Shipped.txt"));
            if (typeof(ResetException).GetMethod("GetObjectData")!.DeclaringType == typeof(ResetException))
            {
                // Only the .NET Standard build has these.
                listed = listed.Concat(Lines(Path.Combine(folder, "netstandard2.0", "PublicAPI.Shipped.txt")));
            }

            IEnumerable<string> found = typeof(ResetClient).Assembly.GetExportedTypes().SelectMany(Members);
            Assert.Equal(
                string.Join("\n", listed.OrderBy(line => line, StringComparer.Ordinal)),
                string.Join("\n", found.OrderBy(line => line, StringComparer.Ordinal)));
        }

        private static IEnumerable<string> Lines(string file) =>
            File.ReadLines(file).Where(line => line.StartsWith("#", StringComparison.Ordinal) == false && line.Length > 0)
                .Select(line => Regex.Replace(line, @"(?<=\w|>)[!?](?=[\s,>)]|$)", "").Replace(" = default(System.Threading.CancellationToken)", " = null"));

        private static IEnumerable<string> Members(Type type)
        {
            yield return type.FullName!;
            foreach (MemberInfo member in type.GetMembers(Declared))
            {
                switch (member)
                {
                    case FieldInfo field when IsVisible(field.Attributes) && field.IsLiteral:
                        object value = field.GetRawConstantValue()!;
                        yield return (type.IsEnum ? "" : "const ") + $"{type.FullName}.{field.Name} = "
                            + (value is string ? $"\"{value}\"" : value) + " -> " + Name(field.FieldType);
                        break;
                    case ConstructorInfo constructor when IsVisible(constructor.Attributes):
                        yield return $"{type.FullName}.{type.Name}({Parameters(constructor)}) -> void";
                        break;
                    case MethodInfo method when IsVisible(method.Attributes):
                        string kind = method.IsStatic ? "static "
                            : method.GetBaseDefinition() != method ? "override "
                            : method.IsVirtual && !method.IsFinal ? "virtual " : "";
                        string name = Regex.Replace(method.Name, "^(get|set)_(.*)$", "$2.$1");
                        string parameters = method.IsSpecialName ? "" : $"({Parameters(method)})";
                        yield return $"{kind}{type.FullName}.{name}{parameters} -> {Name(method.ReturnType)}";
                        break;
                }
            }
        }

        // Protected members count, because others derive.
        private static bool IsVisible(MethodAttributes attributes) =>
            (attributes & MethodAttributes.MemberAccessMask) is MethodAttributes access
            && (access == MethodAttributes.Public || access == MethodAttributes.Family || access == MethodAttributes.FamORAssem);

        private static bool IsVisible(FieldAttributes attributes) =>
            (attributes & FieldAttributes.FieldAccessMask) == FieldAttributes.Public;

        private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
            $"{Name(parameter.ParameterType)} {parameter.Name}" + (parameter.HasDefaultValue ? " = " + Default(parameter) : "")));

        private static string Default(ParameterInfo parameter) =>
            parameter.DefaultValue is bool truth ? (truth ? "true" : "false") : parameter.DefaultValue?.ToString() ?? "null";

        private static string Name(Type type)
        {
            Type? inner = Nullable.GetUnderlyingType(type);
            string whole = (inner ?? type).FullName!;
            if (type.IsGenericType && inner == null)
            {
                return $"{type.Namespace}.{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
            }

            switch (whole)
            {
                case "System.String": return "string";
                case "System.Boolean": return "bool";
                case "System.Int32": return "int";
                case "System.Void": return "void";
                default: return whole;
            }
        }
    }
}

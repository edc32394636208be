using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>The declarations in C# are those of the C header.</summary>
    public static class HeaderTests
    {
        // Functions that the wrapper does not use.
        private static readonly string[] NotWrapped = { "asr_secret_question_once", "asr_code_name" };

        // Comments name functions too, so they are removed first.
        private static readonly string Header = Regex.Replace(Repository.Header, @"/\*.*?\*/|//[^\n]*|\bASR_(CALL|MUST_USE)\s", "", RegexOptions.Singleline);

        [Fact]
        public static void Every_code_has_its_name_and_number()
        {
            Dictionary<string, int> inHeader = Regex.Matches(Header, @"\bASR_([A-Z_]+)\s*=\s*(\d+)").Cast<Match>()
                .ToDictionary(code => Pascal(code.Groups[1].Value), code => int.Parse(code.Groups[2].Value));
            Dictionary<string, int> inEnum = Enum.GetValues(typeof(ResetCode)).Cast<ResetCode>()
                .ToDictionary(code => code.ToString(), code => (int)code);
            Assert.True(inHeader.Count > 10, "the header was understood");
            Assert.Equal(Listed(inHeader), Listed(inEnum));
        }

        [Fact]
        public static void Every_function_has_its_signature()
        {
            Dictionary<string, string> inHeader = Regex.Matches(Header, @"^\s*([a-z][\w \t*]*?)\s*\b(asr_\w+)\s*\(([^;{}]*)\)\s*;", RegexOptions.Multiline).Cast<Match>()
                .Where(function => !NotWrapped.Contains(function.Groups[2].Value))
                .ToDictionary(function => function.Groups[2].Value, Signature);
            Dictionary<string, string> declared = Interop("NativeMethods").GetMethods(BindingFlags.NonPublic | BindingFlags.Static)
                .Where(method => method.GetCustomAttribute<DllImportAttribute>() != null)
                .ToDictionary(method => method.Name, Signature);
            Assert.True(inHeader.Count > 15, "the header was understood");
            Assert.Equal(Listed(inHeader), Listed(declared));
        }

        [Fact]
        public static void The_result_has_its_layout()
        {
            string body = Regex.Match(Header, @"struct asr_result\s*\{(.*?)\}", RegexOptions.Singleline).Groups[1].Value;
            var inHeader = Regex.Matches(body, @"(\w[\w ]*?\s*\*?)\s*(\w+)\s*;").Cast<Match>()
                .Select(field => Managed(field.Groups[1].Value) + " " + Pascal(field.Groups[2].Value).Replace("AfterS", "AfterSeconds"));
            var declared = Interop("ResultHandle").GetNestedType("Layout", BindingFlags.NonPublic)!
                .GetFields(BindingFlags.Public | BindingFlags.Instance).Select(field => field.FieldType.Name + " " + field.Name);
            Assert.Equal(string.Join(", ", inHeader), string.Join(", ", declared));
        }

        [Fact]
        public static void The_interface_number_is_the_one_of_the_header()
        {
            object? number = Interop("NativeMethods").GetField("AbiVersion", BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null);
            Assert.Equal(Macro("ASR_ABI_VERSION"), number!.ToString());
        }

        [Fact]
        public static void The_base_URLs_are_the_ones_of_the_header()
        {
            Assert.Equal(Macro("ASR_BASE_URL_SANDBOX"), '"' + ResetClientOptions.SandboxBaseUrl + '"');
            Assert.Equal(Macro("ASR_BASE_URL_PRODUCTION"), '"' + ResetClientOptions.ProductionBaseUrl + '"');
        }

        [Fact]
        public static void The_default_timeout_is_the_one_of_the_header()
        {
            FieldInfo time = typeof(ResetClientOptions).GetField("DefaultTimeout", BindingFlags.NonPublic | BindingFlags.Static)!;
            string inHeader = Regex.Match(Repository.Header, @"Default (\d+); 0 is invalid").Groups[1].Value;
            Assert.Equal(inHeader, ((TimeSpan)time.GetValue(null)!).TotalMilliseconds.ToString());
        }

        [Fact]
        public static void Library_package_and_header_agree_on_the_version()
        {
            string inHeader = Macro("ASR_VERSION_MAJOR") + "." + Macro("ASR_VERSION_MINOR") + "." + Macro("ASR_VERSION_PATCH");
            Assert.Equal(inHeader, ResetClient.LibraryVersion.Split('-')[0]);
            Assert.Equal(inHeader, typeof(ResetClient).Assembly.GetName().Version!.ToString(3));
        }

        private static Type Interop(string name) => typeof(ResetClient).Assembly.GetType("AutoShares.Reset.Interop." + name, throwOnError: true)!;

        private static string Macro(string name) => Regex.Match(Repository.Header, $@"#define {name} (\S+)").Groups[1].Value;

        private static string Pascal(string name) =>
            string.Concat(name.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word.Substring(1).ToLowerInvariant()));

        private static string Listed<T>(Dictionary<string, T> table) =>
            string.Join(", ", table.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => entry.Key + " " + entry.Value));

        private static string Signature(Match function)
        {
            bool frees = function.Groups[2].Value.EndsWith("_free", StringComparison.Ordinal);
            var parameters = function.Groups[3].Value.Split(',').Select(parameter => parameter.Trim())
                .Where(parameter => parameter != "void")
                .Select(parameter => frees ? nameof(IntPtr) : Managed(Regex.Replace(parameter, @"\b\w+$", "")));
            return Managed(function.Groups[1].Value) + "(" + string.Join(" ", parameters) + ")";
        }

        private static string Signature(MethodInfo method) =>
            method.ReturnType.Name + "(" + string.Join(" ", method.GetParameters().Select(parameter => parameter.ParameterType.Name)) + ")";

        // The C# type for a C type.
        private static string Managed(string type)
        {
            string plain = Regex.Replace(type, @"\b(const|struct|extern)\b|\s", "");
            switch (plain)
            {
                case "void": return "Void";
                case "char*": return "Byte*";
                case "uint32_t": return nameof(UInt32);
                case "uint16_t": return nameof(UInt16);
                case "int32_t":
                case "asr_code": return nameof(Int32);
                case "asr_result**": return "ResultHandle&";
                default:
                    Match handle = Regex.Match(plain, @"^asr_(\w+)\*$");
                    return handle.Success ? Pascal(handle.Groups[1].Value) + "Handle" : "unknown type " + type;
            }
        }
    }
}

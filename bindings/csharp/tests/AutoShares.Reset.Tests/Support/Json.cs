using System.IO;
using System.Linq;
using System.Runtime.Serialization.Json;
using System.Xml;
using System.Xml.Linq;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>JSON as the reader sees it that .NET Framework, Mono and .NET all bring: each value is an element with a type.</summary>
    internal static class Json
    {
        internal static XElement Load(string path)
        {
            using FileStream file = File.OpenRead(path);
            using XmlDictionaryReader reader = JsonReaderWriterFactory.CreateJsonReader(file, XmlDictionaryReaderQuotas.Max);
            return XElement.Load(reader);
        }

        internal static bool Has(this XElement value, string key) => value.Element(key) != null;

        internal static string? Text(this XElement? value) =>
            value == null || (string?)value.Attribute("type") == "null" ? null : value.Value;

        internal static string?[] Texts(this XElement? list) =>
            list == null ? new string?[0] : list.Elements().Select(Text).ToArray();

        /// <summary>A number, or a truth value as the number that C has for it.</summary>
        internal static long Number(this XElement value) =>
            value.Value == "true" ? 1 : value.Value == "false" ? 0 : XmlConvert.ToInt64(value.Value);
    }
}

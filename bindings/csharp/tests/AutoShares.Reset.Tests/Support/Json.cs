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

        /// <summary>A string, null, or an object that says how often which string is to be written.</summary>
        internal static string? Text(this XElement? value)
        {
            switch ((string?)value?.Attribute("type"))
            {
                case null:
                case "null":
                    return null;
                case "object":
                    int times = (int)value!.Element("times")!.Number();
                    return string.Concat(Enumerable.Repeat(value.Element("repeat")!.Value, times));
                default:
                    return value!.Value;
            }
        }

        internal static string?[] Texts(this XElement? list) =>
            list == null ? new string?[0] : list.Elements().Select(Text).ToArray();

        /// <summary>A number, or a truth value as the number that C has for it.</summary>
        internal static long Number(this XElement value) =>
            value.Value == "true" ? 1 : value.Value == "false" ? 0 : XmlConvert.ToInt64(value.Value);
    }
}

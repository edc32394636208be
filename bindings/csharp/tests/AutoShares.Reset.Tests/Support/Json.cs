using System.IO;
using System.Linq;
using System.Runtime.Serialization.Json;
using System.Xml;
using System.Xml.Linq;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>Reads JSON with the reader that .NET Framework, Mono and .NET have: each value is an element with a type.</summary>
    internal static class Json
    {
        internal static XElement Load(string path)
        {
            using FileStream file = File.OpenRead(path);
            using XmlDictionaryReader reader = JsonReaderWriterFactory.CreateJsonReader(file, XmlDictionaryReaderQuotas.Max);
            return XElement.Load(reader);
        }

        internal static bool Has(this XElement value, string key) => value.Element(key) != null;

        /// <summary>A string, null, or an object with a string and how often to repeat it.</summary>
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

        /// <summary>A number; 1 for true and 0 for false, as in C.</summary>
        internal static long Number(this XElement value) =>
            value.Value == "true" ? 1 : value.Value == "false" ? 0 : XmlConvert.ToInt64(value.Value);
    }
}

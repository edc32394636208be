#if !NETCOREAPP
namespace AutoShares.Reset.Interop
{
    /// <summary>What newer frameworks have, for those that lack it.</summary>
    internal static class Newer
    {
        internal static bool Contains(this string text, char character) => text.IndexOf(character) >= 0;
    }
}
#endif

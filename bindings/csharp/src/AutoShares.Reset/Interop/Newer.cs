#if !NET8_0_OR_GREATER
using System;
#endif

namespace AutoShares.Reset.Interop
{
    /// <summary>What newer frameworks have, for those that lack it.</summary>
    internal static class Newer
    {
#if NET8_0_OR_GREATER
        internal static void ThrowIfNull(object? argument, string name) => System.ArgumentNullException.ThrowIfNull(argument, name);
#else
        internal static void ThrowIfNull(object? argument, string name)
        {
            if (argument == null)
            {
                throw new ArgumentNullException(name);
            }
        }
#endif

#if !NETCOREAPP
        internal static bool Contains(this string text, char character) => text.IndexOf(character) >= 0;
#endif
    }
}

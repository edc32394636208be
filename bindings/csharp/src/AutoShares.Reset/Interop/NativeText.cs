using System;
using System.Runtime.InteropServices;
using System.Text;

namespace AutoShares.Reset.Interop
{
    /// <summary>
    /// A C# string as the NUL-terminated UTF-8 that C reads, for the time of one call; a null string is NULL. It lies
    /// outside the managed heap, where no collection leaves copies of a password behind, and is wiped when disposed.
    /// </summary>
    internal readonly unsafe ref struct NativeText
    {
        internal readonly byte* Pointer;
        private static readonly UTF8Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        private readonly int size;

        internal NativeText(string? text) : this()
        {
            if (text == null)
            {
                return;
            }

            size = Utf8.GetMaxByteCount(text.Length) + 1;
            Pointer = (byte*)Marshal.AllocHGlobal(size);
            int length = 1;
            try
            {
                fixed (char* characters = text)
                {
                    length = Utf8.GetBytes(characters, text.Length, Pointer, size);
                }
            }
            catch (EncoderFallbackException)
            {
                // UTF-8 has no half of a surrogate pair. The library refuses this invalid byte, and names the text.
                Pointer[0] = 0xFF;
            }

            Pointer[length] = 0;
            if (Length(Pointer) < length)
            {
                // A C string would end at a null character. The library recognizes Java's two bytes for it, and refuses them.
                Pointer[0] = 0xC0;
                Pointer[1] = 0x80;
                Pointer[2] = 0;
            }
        }

        /// <summary>Copies a C string that stays the library's; NULL is null.</summary>
        internal static string? Read(byte* text) => text == null ? null : Utf8.GetString(text, Length(text));

        public void Dispose()
        {
            for (int i = 0; i < size; i++)
            {
                Pointer[i] = 0;
            }

            Marshal.FreeHGlobal((IntPtr)Pointer);
        }

        private static int Length(byte* text)
        {
            int length = 0;
            while (text[length] != 0)
            {
                length++;
            }

            return length;
        }
    }
}

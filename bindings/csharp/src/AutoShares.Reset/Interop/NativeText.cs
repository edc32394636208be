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
        private readonly int length;

        internal NativeText(string? text)
        {
            Pointer = null;
            length = 0;
            if (text == null)
            {
                return;
            }

            byte* unsendable = stackalloc byte[] { 0xC0, 0x80, 0 }; // U+0000 as Java spells it: the library knows these bytes
            try
            {
                length = Utf8.GetByteCount(text);
            }
            catch (EncoderFallbackException)
            {
                // Half of a surrogate pair: no UTF-8.
                text = "\0";
                length = 1;
                unsendable[0] = 0xFF;
                unsendable[1] = 0;
            }

            Pointer = (byte*)Marshal.AllocHGlobal(length + 2);
            fixed (char* characters = text)
            {
                Utf8.GetBytes(characters, text.Length, Pointer, length);
            }

            Pointer[length] = 0;
            if (Length(Pointer) < length)
            {
                // A C string would end at a null character. The library refuses these bytes and says which text they were.
                for (int i = 0; i < 3; i++)
                {
                    Pointer[i] = unsendable[i];
                }
            }
        }

        /// <summary>Copies a C string that stays the library's; NULL is null.</summary>
        internal static string? Read(byte* text) => text == null ? null : Utf8.GetString(text, Length(text));

        public void Dispose()
        {
            for (int i = 0; i < length; i++)
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

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

        /// <param name="text">The string.</param>
        /// <param name="name">What the caller calls it; never the text itself, which may be a secret.</param>
        /// <exception cref="ResetException">A C string cannot carry it: it would arrive shortened or changed.</exception>
        internal NativeText(string? text, string name)
        {
            Pointer = null;
            length = 0;
            if (text == null)
            {
                return;
            }

            try
            {
                length = Utf8.GetByteCount(text);
            }
            catch (EncoderFallbackException)
            {
                throw new ResetException(ResetCode.InvalidArgument, name + " contains half of a surrogate pair, which is no text.");
            }

            Pointer = (byte*)Marshal.AllocHGlobal(length + 1);
            fixed (char* characters = text)
            {
                Utf8.GetBytes(characters, text.Length, Pointer, length);
            }

            Pointer[length] = 0;
            if (Length(Pointer) < length)
            {
                Dispose();
                throw new ResetException(ResetCode.InvalidArgument, name + " contains a null character.");
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

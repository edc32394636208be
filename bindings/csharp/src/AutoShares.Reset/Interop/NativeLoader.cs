using System;
#if NET8_0_OR_GREATER
using System.Diagnostics.CodeAnalysis;
#endif
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;

namespace AutoShares.Reset.Interop
{
    /// <summary>Sees to it that the native library is found and fits, before anything else is called.</summary>
    internal static class NativeLoader
    {
        private const string Variable = "AUTOSHARES_RESET_LIBRARY";
        private static readonly object Gate = new object();
        private static volatile bool usable;
        private static bool resolverSet;
        private static string? chosenPath;
        private static IntPtr chosenLibrary;

        /// <exception cref="DllNotFoundException">There is no library, or it does not fit; the message says what to do.</exception>
        internal static void EnsureUsable()
        {
            if (usable)
            {
                return;
            }

            lock (Gate)
            {
                if (!resolverSet)
                {
                    // Read once, so that all functions come from the same file.
                    string? path = Environment.GetEnvironmentVariable(Variable);
                    chosenPath = HasResolver && !string.IsNullOrEmpty(path) ? path : null;
                    SetResolver();
                    resolverSet = true;
                }

                uint found;
                try
                {
                    found = NativeMethods.asr_abi_version();
                }
                catch (Exception e) when (e is DllNotFoundException || e is BadImageFormatException || e is EntryPointNotFoundException)
                {
                    throw new DllNotFoundException(
                        $"The native library of AutoShares.Reset cannot be used. {Tried()} {Advice()} The system says: {e.Message}", e);
                }

                if (found < NativeMethods.AbiVersion)
                {
                    throw new DllNotFoundException(
                        $"The native library of AutoShares.Reset is older than this package, which needs its interface number "
                        + $"{NativeMethods.AbiVersion} and found {found}. {Tried()} {Advice()}");
                }

                usable = true;
            }
        }

        // Asked once a function; zero leaves the search to the runtime.
        private static IntPtr Resolve(string library, Assembly assembly, DllImportSearchPath? searchPath)
        {
            if (library != NativeMethods.Library || chosenPath == null)
            {
                return IntPtr.Zero;
            }

            if (chosenLibrary == IntPtr.Zero)
            {
                chosenLibrary = Load(chosenPath);
            }

            return chosenLibrary;
        }

#if NETCOREAPP
        private static void SetResolver()
        {
            try
            {
                NativeLibrary.SetDllImportResolver(typeof(NativeLoader).Assembly, Resolve);
            }
            catch (InvalidOperationException)
            {
                // The program has set its own for this assembly, and knows better.
            }
        }

        private static IntPtr Load(string path) => NativeLibrary.Load(path);
#else
        // By reflection: .NET has these since 3.0, but .NET Standard 2.0 does not list them, and .NET Framework lacks them.
        private static Type? RuntimeType(string name) =>
            Type.GetType("System.Runtime.InteropServices." + name + ", System.Runtime.InteropServices", throwOnError: false);

        private static void SetResolver()
        {
            Type? delegateType = RuntimeType("DllImportResolver");
            MethodInfo? setResolver = RuntimeType("NativeLibrary")?.GetMethod("SetDllImportResolver");
            if (delegateType == null || setResolver == null)
            {
                return;
            }

            MethodInfo resolve = typeof(NativeLoader).GetMethod(nameof(Resolve), BindingFlags.NonPublic | BindingFlags.Static)!;
            try
            {
                setResolver.Invoke(null, new object[] { typeof(NativeLoader).Assembly, Delegate.CreateDelegate(delegateType, resolve) });
            }
            catch (TargetInvocationException e) when (e.InnerException is InvalidOperationException)
            {
                // The program has set its own for this assembly, and knows better.
            }
        }

        private static IntPtr Load(string path)
        {
            MethodInfo load = RuntimeType("NativeLibrary")!.GetMethod("Load", new[] { typeof(string) })!;
            return ((Func<string, IntPtr>)load.CreateDelegate(typeof(Func<string, IntPtr>)))(path);
        }
#endif

        private static string Tried() =>
            chosenPath != null
                ? $"Tried: {chosenPath}, which the environment variable {Variable} names."
                : $"Tried: {FileName()} in {Folders()}, in the package's runtimes/{System()}/native where the program was "
                    + "built with it, and where the system looks for libraries.";

        // A plugin's assemblies lie elsewhere than the program; those in a single file nowhere.
#if NET8_0_OR_GREATER
        [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "An empty location is provided for.")]
#endif
        private static string Folders()
        {
            string? own = Path.GetDirectoryName(typeof(NativeLoader).Assembly.Location);
            string program = AppContext.BaseDirectory;
            return string.IsNullOrEmpty(own) || own == program.TrimEnd(Path.DirectorySeparatorChar) ? program : $"{own}, in {program}";
        }

        private static string Advice() =>
            $"Reference the package AutoShares.Reset from the program itself, or put the {FileName()} of the same version for {System()} "
            + (HasResolver
                ? $"beside the program, or name its path in {Variable}."
                : "beside the program, and build the program for that processor (PlatformTarget), not for any.");

        private static bool HasResolver =>
#if NETCOREAPP
            true;
#else
            RuntimeType("NativeLibrary") != null;
#endif

        private static string FileName() =>
            RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? "autoshares_reset.dll"
            : RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? "libautoshares_reset.dylib"
            : "libautoshares_reset.so";

        private static string System() =>
            (RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? "win"
                : RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? "osx"
                : "linux")
            + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
    }
}

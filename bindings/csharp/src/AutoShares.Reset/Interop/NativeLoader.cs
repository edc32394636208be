using System;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;

namespace AutoShares.Reset.Interop
{
    /// <summary>Loads the native library and checks its ABI version before the first call.</summary>
    internal static class NativeLoader
    {
        private const string Variable = "AUTOSHARES_RESET_LIBRARY";

#if NETCOREAPP
        private static bool HasResolver => true;
        private static void SetResolver() => NativeLibrary.SetDllImportResolver(typeof(NativeLoader).Assembly, Resolve);
        private static IntPtr Load(string path) => NativeLibrary.Load(path);
#else
        // .NET has it since 3.0, but .NET Standard 2.0 does not list it, and .NET Framework lacks it.
        private static readonly Type? NativeLibrary =
            Type.GetType("System.Runtime.InteropServices.NativeLibrary, System.Runtime.InteropServices", throwOnError: false);

        private static bool HasResolver => NativeLibrary != null;

        private static void SetResolver()
        {
            MethodInfo set = NativeLibrary!.GetMethod("SetDllImportResolver")!;
            Delegate resolve = Delegate.CreateDelegate(set.GetParameters()[1].ParameterType, typeof(NativeLoader), nameof(Resolve));
            set.Invoke(null, new object[] { typeof(NativeLoader).Assembly, resolve });
        }

        private static IntPtr Load(string path) =>
            ((Func<string, IntPtr>)Delegate.CreateDelegate(typeof(Func<string, IntPtr>), NativeLibrary!, "Load"))(path);
#endif

        // Read once, so that all functions come from the same file. Null where the runtime searches.
        private static readonly string? ChosenPath = Choose();
        private static IntPtr chosenLibrary;

        // This constructor makes the runtime initialize the fields above before it runs a method below.
        static NativeLoader() { }

        /// <exception cref="DllNotFoundException">There is no library, or it does not fit; the message says what to do.</exception>
        internal static void EnsureUsable()
        {
            uint found;
            try
            {
                found = NativeMethods.asr_abi_version();
            }
            catch (Exception e) when (e is DllNotFoundException || e is BadImageFormatException || e is EntryPointNotFoundException)
            {
                throw new DllNotFoundException(
                    $"The native library of AutoShares.Reset cannot be used. {Advice()} The system says: {e.Message}", e);
            }

            if (found < NativeMethods.AbiVersion)
            {
                throw new DllNotFoundException(
                    $"The native library of AutoShares.Reset is older than this package, which needs its interface number "
                    + $"{NativeMethods.AbiVersion} and found {found}. {Advice()}");
            }
        }

        private static string? Choose()
        {
            string? path = Environment.GetEnvironmentVariable(Variable);
            if (string.IsNullOrEmpty(path) || !HasResolver)
            {
                return null;
            }

            try
            {
                SetResolver();
                return path;
            }
            catch (Exception e) when (e is InvalidOperationException || e.InnerException is InvalidOperationException)
            {
                return null; // the program has set its own resolver, which takes precedence
            }
        }

        // The runtime calls this once for each function. If it throws, the next call tries again.
        private static IntPtr Resolve(string library, Assembly assembly, DllImportSearchPath? searchPath) =>
            chosenLibrary != IntPtr.Zero ? chosenLibrary : (chosenLibrary = Load(ChosenPath!));

        private static (string System, string File) Names =>
            RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? ("win", "autoshares_reset.dll")
            : RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? ("osx", "libautoshares_reset.dylib")
            : ("linux", "libautoshares_reset.so");

        private static string Rid => Names.System + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

        private static string Advice() =>
            (ChosenPath != null
                ? $"Tried: {ChosenPath}, which the environment variable {Variable} names."
                : $"Tried: {Names.File} in {Folders()}, in the package's runtimes/{Rid}/native where the program was "
                    + "built with it, and where the system looks for libraries.")
            + $" Reference the package AutoShares.Reset from the program itself, or put the {Names.File} of the same version for {Rid} "
            + (HasResolver
                ? $"beside the program, or name its path in {Variable}."
                : "beside the program, and build the program for that processor (PlatformTarget), not for any.");

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
    }
}

#if NETCOREAPP
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>The example programs, run as a script would run them: through pipes.</summary>
    public static class ExampleTests
    {
        [Fact]
        public static void Each_program_says_by_its_exit_status_what_failed()
        {
            using var emulator = new Emulator();
            foreach (string program in new[] { "SecretQuestion", "Wizard" })
            {
                Ends(2, new Example(program, emulator, null, Emulator.Hello));
                Ends(2, new Example(program, emulator, Emulator.AppKey, emulator.BaseUrl, "one", "too many"));
                Ends(3, new Example(program, emulator, "another-key", Emulator.Hello));
                Ends(4, new Example(program, emulator, Emulator.AppKey, "nobody@autoshares.com"));
                Ends(4, new Example(program, emulator, Emulator.AppKey, "limited@autoshares.com"));
                Ends(5, new Example(program, emulator, Emulator.AppKey, "http://127.0.0.1:1", Emulator.Hello));
                Ends(1, new Example(program, emulator, Emulator.AppKey, "http://broker.example", Emulator.Hello));
            }
        }

        [Fact]
        public static void The_question_alone_is_printed()
        {
            using var emulator = new Emulator(https: true);
            using var plain = new Example("SecretQuestion", emulator, Emulator.AppKey, Emulator.Zoe);
            Assert.Equal((Emulator.ZoesQuestion + "\n", ""), plain.End(0));
            using var secure = new Example("SecretQuestion", emulator, Emulator.AppKey, emulator.HttpsUrl, Emulator.Hello);
            Assert.Equal(("What street did you live on in third grade?\n", ""), secure.End(0));
            using var none = new Example("SecretQuestion", emulator, Emulator.AppKey, "noquestion@autoshares.com");
            Assert.Equal(("This account has no secret question.\n", ""), none.End(0));
        }

        [FactThatNeeds(Need.Linux, "writes to /dev/full")]
        public static void A_question_that_cannot_be_written_is_a_failure()
        {
            using var emulator = new Emulator();
            using var full = Example.WritingTo("/dev/full", "SecretQuestion", emulator, Emulator.Hello);
            (_, string errors) = full.End(1);
            Assert.Single(errors.TrimEnd().Split('\n'));
        }

        private static void Ends(int status, Example example)
        {
            using (example)
            {
                (string output, string errors) = example.End(status);
                Assert.Equal("", output.Replace("Try again? [y/n] ", ""));
                Assert.True(errors.TrimEnd().Length > 0, "something is said");
            }
        }
    }
}
#endif

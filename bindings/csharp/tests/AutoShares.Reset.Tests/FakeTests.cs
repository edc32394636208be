using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>A program's tests can replace the client by a fake.</summary>
    public static class FakeTests
    {
        [Fact]
        public static async Task A_fake_client_replaces_the_real_one()
        {
            ResetClient client = new Fake();
            using (client)
            {
                Assert.Equal("Which street?", await client.GetSecretQuestionAsync("user"));
                ResetAssert.Fails(ResetCode.RateLimited, () => client.RequestReset("user"));
                Assert.Equal("ResetClient()", client.ToString());
            }

            Assert.Throws<ObjectDisposedException>(() => client.ConfirmCode("code"));
        }

        [Fact]
        public static void A_call_that_is_not_overridden_is_named()
        {
            using var client = new Fake();
            Assert.Contains("Fake does not override ConfirmCode.", Assert.Throws<NotSupportedException>(() => client.ConfirmCode("code")).Message);
            Assert.Contains("Fake does not override ConfirmCodeAsync.", Assert.Throws<NotSupportedException>(() => { _ = client.ConfirmCodeAsync("code"); }).Message);
        }

        [Fact]
        public static void A_fake_needs_no_native_library()
        {
            using var child = new Child();
            File.Delete(child.Library);
            child.Run("fake");
        }

        [Fact]
        public static void Every_call_can_be_overridden()
        {
            var fixedOnes = typeof(ResetClient).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(method => (!method.IsVirtual || method.IsFinal) && method.Name != nameof(IDisposable.Dispose)).Select(method => method.Name);
            Assert.Empty(fixedOnes);
        }

        private sealed class Fake : ResetClient
        {
            public override Task<string?> GetSecretQuestionAsync(string username, CancellationToken cancellationToken = default) =>
                Task.FromResult<string?>("Which street?");

            public override void RequestReset(string username, string? answer = null, CancellationToken cancellationToken = default) =>
                throw new ResetException(ResetCode.RateLimited, "Too fast.", retryAfter: TimeSpan.FromSeconds(30));
        }
    }
}

#if !NETCOREAPP
using System;
using AutoShares.Reset.Tests.Support;
using Xunit;

namespace AutoShares.Reset.Tests
{
    /// <summary>Features that .NET Framework has and .NET lacks.</summary>
    public static class FrameworkTests
    {
        [Fact]
        public static void A_failure_crosses_to_another_AppDomain_whole()
        {
            AppDomain domain = AppDomain.CreateDomain("plug-in", null, AppDomain.CurrentDomain.SetupInformation);
            try
            {
                var plugIn = (PlugIn)domain.CreateInstanceAndUnwrap(typeof(PlugIn).Assembly.FullName, typeof(PlugIn).FullName!);
                ResetException whole = ResetAssert.Fails(ResetCode.RateLimited, () => plugIn.Fail(withAll: true));
                Assert.Equal("Too fast.", whole.Message);
                Assert.Equal(429, whole.HttpStatus);
                Assert.Equal(TimeSpan.FromSeconds(30), whole.RetryAfter);
                Assert.Equal("Slow", whole.ServiceCode);
                Assert.True(whole.RequestSent, "the request was sent");
                Assert.Equal(111, whole.OsError);

                ResetException bare = ResetAssert.Fails(ResetCode.Timeout, () => plugIn.Fail(withAll: false));
                Assert.Equal("Late.", bare.Message);
                Assert.True(bare.HttpStatus == null && bare.RetryAfter == null && bare.ServiceCode == null && bare.OsError == null, "the rest is null");
                Assert.False(bare.RequestSent, "the request was sent");
            }
            finally
            {
                AppDomain.Unload(domain);
            }
        }

        public sealed class PlugIn : MarshalByRefObject
        {
            public void Fail(bool withAll) => throw (withAll
                ? new ResetException(ResetCode.RateLimited, "Too fast.", 429, TimeSpan.FromSeconds(30), "Slow", requestSent: true, osError: 111)
                : new ResetException(ResetCode.Timeout, "Late."));
        }
    }
}
#endif

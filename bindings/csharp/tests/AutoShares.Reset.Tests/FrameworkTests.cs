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
                ResetException whole = Check.Fails(ResetCode.RateLimited, () => plugIn.Fail(withAll: true));
                Check.Equal("Too fast.", whole.Message);
                Check.Equal(429, whole.HttpStatus);
                Check.Equal(TimeSpan.FromSeconds(30), whole.RetryAfter);
                Check.Equal("Slow", whole.ServiceCode);
                Check.True(whole.RequestSent, "the request was sent");
                Check.Equal(111, whole.OsError);

                ResetException bare = Check.Fails(ResetCode.Timeout, () => plugIn.Fail(withAll: false));
                Check.Equal("Late.", bare.Message);
                Check.True(bare.HttpStatus == null && bare.RetryAfter == null && bare.ServiceCode == null && bare.OsError == null, "the rest is null");
                Check.True(!bare.RequestSent, "nothing was sent");
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

using System;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Xunit;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>Asserts that a call fails as this library reports failures.</summary>
    internal static class ResetAssert
    {
        internal static ResetException Fails(ResetCode code, Action call) => Has(code, Assert.Throws<ResetException>(call));

        /// <summary>Takes a task, so that a method that throws before it returns one fails the test.</summary>
        internal static async Task<ResetException> FailsAsync(ResetCode code, Task call) =>
            Has(code, await Assert.ThrowsAsync<ResetException>(() => call));

        private static ResetException Has(ResetCode code, ResetException error)
        {
            Assert.True(code == error.Code, $"{error.Code} is {code} ({error.Message})");
            Assert.True(code != ResetCode.InvalidArgument || !Regex.IsMatch(error.Message, "_|[a-z][A-Z]|NULL"), "plain English: " + error.Message);
            return error;
        }
    }
}

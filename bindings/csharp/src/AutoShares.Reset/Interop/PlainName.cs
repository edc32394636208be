namespace AutoShares.Reset.Interop
{
    /// <summary>What messages call arguments and options: the same words as the library's own.</summary>
    internal static class PlainName
    {
        /// <param name="name">As <c>nameof</c> gives it.</param>
        internal static string Of(string name)
        {
            switch (name)
            {
                case nameof(ResetClientOptions.BaseUrl): return "The base URL";
                case nameof(ResetClientOptions.AppKey): return "The app key";
                case nameof(ResetClientOptions.ApiVersion): return "The API version";
                case nameof(ResetClientOptions.Timeout): return "The timeout";
                case nameof(ResetClientOptions.ConnectTimeout): return "The connect timeout";
                case nameof(ResetClientOptions.CaFile): return "The CA file";
                case nameof(ResetClientOptions.Proxy): return "The proxy";
                case nameof(ResetClientOptions.UserAgent): return "The user agent";
                case "newPassword": return "The new password";
                case "user": case "username": return "The user name";
                default: return "The " + name;
            }
        }
    }
}

using System;
#if NET8_0_OR_GREATER
using System.Diagnostics;
#endif

namespace AutoShares.Reset.Interop
{
    /// <summary>
    /// One call as OpenTelemetry sees it, where somebody listens to the source AutoShares.Reset. Frameworks older than
    /// .NET 8 do not bring what it takes: there it is empty.
    /// </summary>
    internal readonly struct CallTrace : IDisposable
    {
#if NET8_0_OR_GREATER
        private static readonly ActivitySource Source = new ActivitySource("AutoShares.Reset");
        private readonly Activity? activity;

        private CallTrace(Activity? activity) => this.activity = activity;

        internal static CallTrace Start(Operation call, string baseUrl)
        {
            Activity? activity = Source.StartActivity(call.Name, ActivityKind.Client);
            if (activity != null && Uri.TryCreate(baseUrl, UriKind.Absolute, out Uri? url))
            {
                activity.SetTag("server.address", url.IdnHost).SetTag("server.port", url.Port).SetTag("http.request.method", call.HttpMethod);
            }

            return new CallTrace(activity);
        }

        internal void Responded(int? httpStatus) => activity?.SetTag("http.response.status_code", httpStatus);

        /// <returns>False: a filter that sees each exception and catches none.</returns>
        internal bool Failed(Exception exception)
        {
            if (activity != null)
            {
                var failure = exception as ResetException ?? exception.InnerException as ResetException;
                activity.SetTag("error.type", failure?.Code.ToString() ?? exception.GetType().FullName).SetStatus(ActivityStatusCode.Error);
            }

            return false;
        }

        public void Dispose() => activity?.Dispose();
#else
        internal static CallTrace Start(Operation call, string baseUrl) => default;

        internal void Responded(int? httpStatus)
        {
        }

        internal bool Failed(Exception exception) => false;

        public void Dispose()
        {
        }
#endif
    }
}

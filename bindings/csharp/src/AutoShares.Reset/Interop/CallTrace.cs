using System;
using System.Diagnostics;

namespace AutoShares.Reset.Interop
{
    /// <summary>
    /// The activity of one call, by OpenTelemetry's conventions, if a listener wants the source AutoShares.Reset. It does
    /// nothing in the build for .NET Standard, which lacks the API.
    /// </summary>
    internal readonly struct CallTrace : IDisposable
    {
#if NET8_0_OR_GREATER
        private static readonly ActivitySource Source = new ActivitySource("AutoShares.Reset");
        private readonly Activity? activity;

        private CallTrace(Activity? activity) => this.activity = activity;

        internal static CallTrace Start(Operation call, string baseUrl)
        {
            if (!Source.HasListeners())
            {
                return default;
            }

            // Samplers decide by the tags that an activity has from its start.
            var tags = new ActivityTagsCollection();
            if (Uri.TryCreate(baseUrl, UriKind.Absolute, out Uri? url))
            {
                tags["server.address"] = url.IdnHost;
                tags["server.port"] = url.Port;
            }

            tags["http.request.method"] = call.HttpMethod;
            return new CallTrace(Source.StartActivity(call.Name, ActivityKind.Client, parentContext: default, tags));
        }

        internal void Responded(int? httpStatus) => activity?.SetTag("http.response.status_code", httpStatus);

        internal void Failed(Exception exception)
        {
            var failure = exception as ResetException ?? exception.InnerException as ResetException;
            activity?.SetTag("error.type", failure?.Code.ToString() ?? exception.GetType().FullName).SetStatus(ActivityStatusCode.Error);
        }

        public void Dispose() => activity?.Dispose();
#else
        internal static CallTrace Start(Operation call, string baseUrl) => default;
        internal void Responded(int? httpStatus) { }
        internal void Failed(Exception exception) { }
        public void Dispose() { }
#endif
    }
}

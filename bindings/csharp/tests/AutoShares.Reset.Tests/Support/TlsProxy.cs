#if NETCOREAPP
using System;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>A proxy over TLS, and behind it a service that always sends the same question.</summary>
    internal sealed class TlsProxy : IDisposable
    {
        private readonly TcpListener listener = new TcpListener(IPAddress.Loopback, 0);
        private readonly X509Certificate2 certificate = Certificate();

        internal TlsProxy()
        {
            string text = Convert.ToBase64String(certificate.RawData, Base64FormattingOptions.InsertLineBreaks);
            File.WriteAllText(CaFile, $"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
            listener.Start();
            new Thread(Serve) { IsBackground = true }.Start();
        }

        internal int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        internal string CaFile { get; } = Path.GetTempFileName();

        public void Dispose()
        {
            listener.Stop();
            File.Delete(CaFile);
        }

        private static X509Certificate2 Certificate()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=proxy", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Loopback);
            names.AddDnsName("broker.example");
            request.CertificateExtensions.Add(names.Build());
            using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.Now.AddDays(-1), DateTimeOffset.Now.AddDays(1));
            return new X509Certificate2(made.Export(X509ContentType.Pfx)); // with its key, on every system
        }

        private void Serve()
        {
            try
            {
                while (true)
                {
                    using TcpClient peer = listener.AcceptTcpClient();
                    using var outer = new SslStream(peer.GetStream());
                    outer.AuthenticateAsServer(certificate);
                    ReadHead(outer);
                    Write(outer, "HTTP/1.1 200 OK\r\n\r\n");
                    using var inner = new SslStream(outer);
                    inner.AuthenticateAsServer(certificate);
                    const string Body = "{\"Model\":\"Which street?\",\"IsSucceed\":true}";
                    while (ReadHead(inner))
                    {
                        Write(inner, $"HTTP/1.1 200 OK\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
                    }
                }
            }
            catch (Exception e) when (e is IOException || e is SocketException || e is InvalidOperationException)
            {
                // The test is over.
            }
        }

        private static void Write(Stream stream, string text) => stream.Write(Encoding.ASCII.GetBytes(text));

        private static bool ReadHead(Stream stream)
        {
            var head = new StringBuilder();
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                int next = stream.ReadByte();
                if (next < 0)
                {
                    return false;
                }

                head.Append((char)next);
            }

            return true;
        }
    }
}
#endif

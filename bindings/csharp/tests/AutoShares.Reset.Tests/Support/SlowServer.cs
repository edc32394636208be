using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace AutoShares.Reset.Tests.Support
{
    /// <summary>
    /// Reads whole requests, hands them to the test, and responds when the test tells it to. It uses no pool threads, so
    /// that a starved thread pool delays the tested code alone.
    /// </summary>
    internal sealed class SlowServer : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
        private readonly Socket listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly BlockingCollection<string> requests = new BlockingCollection<string>();
        private readonly ConcurrentBag<Socket> sockets = new ConcurrentBag<Socket>();
        private readonly SemaphoreSlim responses = new SemaphoreSlim(0);
        private readonly byte[] response;

        internal SlowServer(string question = "Which street?")
        {
            byte[] body = Encoding.UTF8.GetBytes($"{{\"Model\":\"{question}\",\"IsSucceed\":true}}");
            byte[] head = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n");
            response = new byte[head.Length + body.Length];
            head.CopyTo(response, 0);
            body.CopyTo(response, head.Length);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(backlog: 256);
            new Thread(Accept) { IsBackground = true }.Start();
        }

        internal int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

        internal ResetClient Client() => new ResetClient(Options());

        internal ResetClientOptions Options() =>
            new ResetClientOptions { BaseUrl = $"http://127.0.0.1:{Port}", AppKey = "test-app-key" };

        /// <summary>Waits for this many more requests, and returns the last.</summary>
        internal string Await(int count = 1)
        {
            string? request = null;
            for (int i = 0; i < count; i++)
            {
                if (!requests.TryTake(out request, Patience))
                {
                    throw new TimeoutException($"only {i} of {count} requests came");
                }
            }

            return request!;
        }

        /// <summary>True if a client connects within 20 seconds.</summary>
        internal bool IsConnected() => SpinWait.SpinUntil(() => !sockets.IsEmpty, Patience);

        /// <summary>True if a request came that no test waited for.</summary>
        internal bool HasMore() => requests.Count > 0;

        /// <summary>Responds to this many requests, waiting or future ones; by default to all.</summary>
        internal void Respond(int count = 1_000_000) => responses.Release(count);

        /// <summary>Closes all connections. It serves new ones.</summary>
        internal void Break()
        {
            while (sockets.TryTake(out Socket? socket))
            {
                socket.Dispose();
            }
        }

        public void Dispose()
        {
            listener.Dispose();
            Break();
            Respond();
        }

        private void Accept()
        {
            try
            {
                while (true)
                {
                    Socket socket = listener.Accept();
                    socket.NoDelay = true;
                    sockets.Add(socket);
                    new Thread(() => Serve(socket), maxStackSize: 256 * 1024) { IsBackground = true }.Start();
                }
            }
            catch (SocketException)
            {
            }
            catch (ObjectDisposedException)
            {
            }
        }

        private void Serve(Socket socket)
        {
            try
            {
                using var stream = new NetworkStream(socket);
                var seen = new List<byte>();
                while (ReadRequest(stream, seen))
                {
                    requests.Add(Encoding.UTF8.GetString(seen.ToArray()));
                    seen.Clear();
                    responses.Wait();
                    stream.Write(response, 0, response.Length);
                }
            }
            catch (Exception e) when (e is System.IO.IOException || e is ObjectDisposedException || e is SocketException)
            {
                // The client gave up, or the test is over.
            }
        }

        private static bool ReadRequest(NetworkStream stream, List<byte> seen)
        {
            int end = -1;
            int length = 0;
            while (end < 0 || seen.Count < end + length)
            {
                int next = stream.ReadByte();
                if (next < 0)
                {
                    return false;
                }

                seen.Add((byte)next);
                if (end < 0 && next == '\n' && Encoding.ASCII.GetString(seen.ToArray()).EndsWith("\r\n\r\n", StringComparison.Ordinal))
                {
                    end = seen.Count;
                    length = BodyLength(Encoding.ASCII.GetString(seen.ToArray()));
                }
            }

            return true;
        }

        private static int BodyLength(string head)
        {
            const string Name = "content-length:";
            int at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
            return at < 0 ? 0 : int.Parse(head.Substring(at + Name.Length).Split('\r')[0].Trim());
        }
    }
}

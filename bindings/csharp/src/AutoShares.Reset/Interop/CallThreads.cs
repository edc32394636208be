using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace AutoShares.Reset.Interop
{
    /// <summary>
    /// One client's threads for asynchronous calls. Calls on pool threads would block other work in the program. A call
    /// gets the thread that became idle last, so that the others can end; if all are busy, it waits its turn. An idle thread
    /// refers to this object and to nothing of a call: the client can be collected, and its handle then ends the threads.
    /// </summary>
    internal sealed class CallThreads
    {
        private const int Limit = 64;
        private const int StackSize = 256 * 1024;
        private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);

        // Guards what follows. While a thread is idle, no call waits.
        private readonly object gate = new object();
        private readonly List<Worker> idle = new List<Worker>();
        private readonly Queue<PendingCall> waiting = new Queue<PendingCall>();
        private int threads;
        private bool closed;

        /// <exception cref="ResetException">There is no thread, and the system refuses to start one.</exception>
        internal Task<string?> Run(PendingCall call)
        {
            Worker? worker = null;
            lock (gate)
            {
                if (idle.Count > 0)
                {
                    worker = idle[idle.Count - 1];
                    idle.RemoveAt(idle.Count - 1);
                    worker.Call = call;
                }
                else if (waiting.Count > 0 || threads == Limit || !TryStart(call))
                {
                    // If other calls wait because the system refused a thread, the next thread is for the first of them.
                    call.Watch();
                    waiting.Enqueue(call);
                    if (waiting.Count > 1 && threads < Limit && TryStart(waiting.Peek()))
                    {
                        waiting.Dequeue();
                    }
                }
            }

            // Outside the lock, because the woken thread takes it.
            if (worker != null)
            {
                Wake(worker);
            }

            return call.Task;
        }

        /// <summary>Ends the idle threads now, and each of the others once no call waits for it.</summary>
        internal void Close()
        {
            lock (gate)
            {
                closed = true;
                idle.ForEach(Wake);
            }
        }

        private bool TryStart(PendingCall call)
        {
            var worker = new Worker { Call = call };
            try
            {
                // The thread outlives the call, and must not keep the caller's AsyncLocals alive.
                using var noFlow = ExecutionContext.IsFlowSuppressed() ? (AsyncFlowControl?)null : ExecutionContext.SuppressFlow();
                new Thread(() => Work(worker), StackSize) { IsBackground = true, Name = "AutoShares.Reset" }.Start();
                threads++;
                return true;
            }
            catch (Exception e)
            {
                // Runtimes throw different exceptions if they cannot start a thread. The call waits for another if there is one.
                return threads > 0 ? false : throw new ResetException(
                    ResetCode.Internal,
                    $"There is no thread for the call: the system refuses to start one ({e.GetType().Name}); try again when fewer are in use.");
            }
        }

        private void Work(Worker worker)
        {
            while (worker.Call != null || AwaitCall(worker))
            {
                RunCall(worker);
            }
        }

        private void RunCall(Worker worker)
        {
            // A call that waited too long has ended, and is passed over.
            PendingCall? made = worker.Call!.Run();
            lock (gate)
            {
                worker.Call = waiting.Count > 0 ? waiting.Dequeue() : null;
                if (worker.Call == null)
                {
                    idle.Add(worker);
                }
            }

            // The task ends only after the thread became idle, so that the caller's next call gets this thread.
            made?.End();
        }

        private bool AwaitCall(Worker worker)
        {
            // The caller may be about to make its next call, which then need not wake this thread.
            Thread.Yield();
            lock (worker)
            {
                if (worker.Call == null && !closed)
                {
                    Monitor.Wait(worker, IdleTime);
                }
            }

            lock (gate)
            {
                if (idle.Remove(worker))
                {
                    threads--;
                }

                return worker.Call != null;
            }
        }

        private static void Wake(Worker worker)
        {
            lock (worker)
            {
                Monitor.Pulse(worker);
            }
        }

        /// <summary>One thread, and the call that it makes next.</summary>
        private sealed class Worker
        {
            internal PendingCall? Call;
        }
    }
}

using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace AutoShares.Reset.Interop
{
    /// <summary>
    /// The threads that one client's asynchronous calls block: on threads of the pool, a few slow calls would stop all
    /// else in the program that needs the pool. A call gets the thread that became idle last, so that the others can end;
    /// where all are busy it waits its turn.
    /// </summary>
    /// <remarks>
    /// An idle thread refers to this object and to nothing of a call. So it keeps no client from being collected, whose
    /// handle then ends the threads.
    /// </remarks>
    internal sealed class CallThreads
    {
        private const int Limit = 64;
        private const int StackSize = 256 * 1024;
        private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);

        // Guards what follows. While a thread is idle, no call waits.
        private readonly object gate = new object();
        private readonly List<Seat> idle = new List<Seat>();
        private readonly Queue<PendingCall> waiting = new Queue<PendingCall>();
        private int threads;
        private bool closed;

        /// <exception cref="ResetException">There is no thread, and the system refuses to start one.</exception>
        internal Task<string?> Run(PendingCall call)
        {
            Seat? seat = null;
            lock (gate)
            {
                if (idle.Count > 0)
                {
                    seat = idle[idle.Count - 1];
                    idle.RemoveAt(idle.Count - 1);
                    seat.Call = call;
                }
                else if (threads == Limit || !TryStart(call))
                {
                    call.Watch();
                    waiting.Enqueue(call);
                }
            }

            // Outside the lock, because the woken thread takes it.
            seat?.Wake();
            return call.Task;
        }

        /// <summary>Ends the idle threads now, and each of the others once no call waits for it.</summary>
        internal void Close()
        {
            lock (gate)
            {
                closed = true;
                idle.ForEach(seat => seat.Wake());
            }
        }

        private bool TryStart(PendingCall call)
        {
            var seat = new Seat { Call = call };
            try
            {
                // The thread outlives the call, and must not keep the caller's AsyncLocals alive.
                using (ExecutionContext.IsFlowSuppressed() ? (AsyncFlowControl?)null : ExecutionContext.SuppressFlow())
                {
                    new Thread(() => Work(seat), StackSize) { IsBackground = true, Name = "AutoShares.Reset" }.Start();
                }

                threads++;
                return true;
            }
            catch (Exception) when (threads > 0)
            {
                // Runtimes throw different exceptions if they cannot start a thread. The call waits for another thread.
                return false;
            }
            catch (Exception e)
            {
                throw new ResetException(
                    ResetCode.Internal,
                    $"There is no thread for the call: the system refuses to start one ({e.GetType().Name}); try again when fewer are in use.");
            }
        }

        private void Work(Seat seat)
        {
            do
            {
                RunCall(seat);
            }
            while (seat.Call != null || AwaitCall(seat));
        }

        private void RunCall(Seat seat)
        {
            // A call that waited too long has ended, and is passed over.
            Action? end = seat.Call!.Run();
            lock (gate)
            {
                seat.Call = waiting.Count > 0 ? waiting.Dequeue() : null;
                if (seat.Call == null)
                {
                    idle.Add(seat);
                }
            }

            // The thread is idle already when the caller goes on, whose next call then gets this thread.
            end?.Invoke();
        }

        private bool AwaitCall(Seat seat)
        {
            // The caller may be about to make its next call, which then need not wake this thread.
            Thread.Yield();
            lock (seat)
            {
                if (seat.Call == null && !closed)
                {
                    Monitor.Wait(seat, IdleTime);
                }
            }

            lock (gate)
            {
                if (seat.Call == null)
                {
                    idle.Remove(seat);
                    threads--;
                }

                return seat.Call != null;
            }
        }

        /// <summary>What one thread has to do next.</summary>
        private sealed class Seat
        {
            internal PendingCall? Call;

            internal void Wake()
            {
                lock (this)
                {
                    Monitor.Pulse(this);
                }
            }
        }
    }
}

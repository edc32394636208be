using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

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
        internal const int Limit = 64;
        private const int StackSize = 256 * 1024;
        private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);

        // Guards what follows. While a thread is idle, no call waits.
        private readonly object gate = new object();
        private readonly List<Seat> idle = new List<Seat>();
        private readonly LinkedList<IPendingCall> waiting = new LinkedList<IPendingCall>();
        private int threads;
        private volatile bool closed;

        internal void Run(IPendingCall call, bool mayStart = true)
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
                else if (mayStart && threads < Limit)
                {
                    threads++;
                }
                else
                {
                    LinkedListNode<IPendingCall> place = waiting.AddLast(call);
                    call.Watch(() => GiveUp(place));
                    return;
                }
            }

            if (seat != null)
            {
                seat.Wake();
            }
            else
            {
                StartThread(call);
            }
        }

        /// <summary>Ends the idle threads now, and each of the others once no call waits for it.</summary>
        internal void Close()
        {
            closed = true;
            lock (gate)
            {
                idle.ForEach(seat => seat.Wake());
            }
        }

        // The call's token was cancelled, or its time ran out.
        private void GiveUp(LinkedListNode<IPendingCall> place)
        {
            lock (gate)
            {
                if (place.List == null)
                {
                    return; // it has its thread
                }

                waiting.Remove(place);
            }

            // With its token cancelled, the library only says that nothing was sent.
            place.Value.Run();
            place.Value.Complete();
        }

        private void StartThread(IPendingCall call)
        {
            var seat = new Seat { Call = call };
            try
            {
                // The thread outlives the call, and must not keep the caller's AsyncLocals alive.
                using (ExecutionContext.IsFlowSuppressed() ? (AsyncFlowControl?)null : ExecutionContext.SuppressFlow())
                {
                    new Thread(() => Work(seat), StackSize) { IsBackground = true, Name = "AutoShares.Reset" }.Start();
                }
            }
            catch (Exception e)
            {
                // What is thrown where no thread is to be had differs between runtimes.
                DoWithout(call, e);
            }
        }

        // The call waits for another thread if there is one; if not, nobody waits any longer.
        private void DoWithout(IPendingCall call, Exception reason)
        {
            IPendingCall[] refused;
            lock (gate)
            {
                threads--;
                if (threads > 0)
                {
                    Run(call, mayStart: false);
                    return;
                }

                refused = waiting.Prepend(call).ToArray();
                waiting.Clear();
            }

            Array.ForEach(refused, one => one.Refuse(reason));
        }

        private void Work(Seat seat)
        {
            do
            {
                seat.RunCall();
                TakeOrIdle(seat);

                // The thread is idle already when the caller goes on, whose next call then gets this thread.
                seat.CompleteCall();
            }
            while (HasCall(seat));
        }

        private void TakeOrIdle(Seat seat)
        {
            lock (gate)
            {
                if (waiting.First == null)
                {
                    idle.Add(seat);
                }
                else
                {
                    seat.Call = waiting.First.Value;
                    waiting.RemoveFirst();
                }
            }
        }

        private bool HasCall(Seat seat)
        {
            if (seat.Call == null)
            {
                // The caller may be about to make its next call, which then need not wake this thread.
                Thread.Yield();
            }

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

        /// <summary>What one thread has to do: the next call, and the last one, of which the caller was not told yet.</summary>
        private sealed class Seat
        {
            internal IPendingCall? Call;
            private IPendingCall? done;

            internal void Wake()
            {
                lock (this)
                {
                    Monitor.Pulse(this);
                }
            }

            internal void RunCall()
            {
                done = Call;
                Call = null;
                done!.Run();
            }

            internal void CompleteCall()
            {
                done!.Complete();
                done = null;
            }
        }
    }
}

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
        internal const int Limit = 64;
        private const int StackSize = 256 * 1024;
        private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);

        // Guards what follows. While a thread is idle, no call waits.
        private readonly object gate = new object();
        private readonly List<Seat> idle = new List<Seat>();
        private readonly LinkedList<IPendingCall> waiting = new LinkedList<IPendingCall>();
        private int threads;
        private volatile bool closed;

        internal Task<T> Run<T>(PendingCall<T> call)
        {
            Assign(call, mayStart: true);
            return call.Task;
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

        private void Assign(IPendingCall call, bool mayStart)
        {
            Seat? seat = null;
            bool starts = false;
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
                    starts = true;
                }
                else
                {
                    LinkedListNode<IPendingCall> place = waiting.AddLast(call);
                    call.Watch(() => GiveUp(place));
                }
            }

            seat?.Wake();
            if (starts)
            {
                StartThread(call);
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

            // The thread outlives the call, and must not keep the caller's AsyncLocals alive.
            bool flows = !ExecutionContext.IsFlowSuppressed();
            AsyncFlowControl flow = flows ? ExecutionContext.SuppressFlow() : default;
            try
            {
                new Thread(() => Work(seat), StackSize) { IsBackground = true, Name = "AutoShares.Reset" }.Start();
            }
            catch (Exception e)
            {
                // What is thrown where no thread is to be had differs between runtimes.
                DoWithout(call, e);
            }
            finally
            {
                if (flows)
                {
                    flow.Undo();
                }
            }
        }

        // The call waits for another thread if there is one; if not, nobody waits any longer.
        private void DoWithout(IPendingCall call, Exception reason)
        {
            var refused = new List<IPendingCall>();
            lock (gate)
            {
                threads--;
                if (threads == 0)
                {
                    refused.Add(call);
                    refused.AddRange(waiting);
                    waiting.Clear();
                }
                else
                {
                    Assign(call, mayStart: false);
                }
            }

            refused.ForEach(one => one.Refuse(reason));
        }

        private void Work(Seat seat)
        {
            bool stays;
            do
            {
                seat.RunCall();
                stays = TakeOrIdle(seat);

                // The thread is idle already when the caller goes on, whose next call then gets this thread.
                seat.CompleteCall();
            }
            while (stays && HasCall(seat));
        }

        private bool TakeOrIdle(Seat seat)
        {
            lock (gate)
            {
                if (waiting.First != null)
                {
                    seat.Call = waiting.First.Value;
                    waiting.RemoveFirst();
                }
                else if (closed)
                {
                    threads--;
                    return false;
                }
                else
                {
                    idle.Add(seat);
                }

                return true;
            }
        }

        private bool HasCall(Seat seat)
        {
            lock (seat)
            {
                if (seat.Call == null && !closed)
                {
                    Monitor.Wait(seat, IdleTime);
                }
            }

            if (seat.Call == null)
            {
                lock (gate)
                {
                    if (seat.Call == null)
                    {
                        idle.Remove(seat);
                        threads--;
                        return false;
                    }
                }
            }

            return true;
        }

        /// <summary>What one thread has to do: the next call, and the last one, of which the caller was not told yet.</summary>
        private sealed class Seat
        {
            internal volatile IPendingCall? Call;
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
                done?.Complete();
                done = null;
            }
        }
    }
}

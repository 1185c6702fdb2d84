/* SPDX-License-Identifier: MIT */
/*
 * A pool and a worker process, which may be killed at any instruction: no call is lost, none is made twice, nobody sleeps beside work.
 *
 * mirrors runtime/pool/record_ring.hpp: take_back, begin, head, tail, change
 * mirrors runtime/pool/record_ring.cpp: reserve, publish, passed, take_back, look_at_head, front, pop
 * mirrors runtime/pool/wake_word.hpp: sleep, wake, sleeps, listen, stop, take, for_work, for_room
 * mirrors runtime/pool/wake_word.cpp: wait, wake_sleeper
 * mirrors runtime/pool/ring_message.cpp: post_message
 * mirrors runtime/pool/serve_pool.cpp: serve, send, wait_for_room, wait_for_call, has_work
 * mirrors runtime/pool/pool_worker.cpp: give, wake, settle_front, collect, listen, take_back, leave, completed
 * mirrors runtime/pool/pool_turns.cpp: attend, listen, share_out, retire_workers
 * mirrors runtime/pool/pool_ends.cpp: worker_ended
 *
 * Three calls; the ring of calls has room for two, the ring of results for one. The pool gives them, may take back the last one that
 * it has given, collects results, and sleeps until it is told of a result or of the worker's end. With KILL, the worker is killed at
 * any instruction. A record has one place, so padding and sizes are not modelled; that its bytes are there before it is published is.
 * All accesses are sequentially consistent in the code, but those whose late arrival is harmless: `awake` and `stop`, for which
 * `awake_is_late` and `stop_is_late` stand.
 *
 * with WHOLE
 * with KILL
 * planted NO_SECOND_LOOK: the worker has said that it sleeps, and does not look at the ring again
 * planted LISTEN_WITHOUT_LOOK: the pool wants to be told of the next result, and does not look again
 * planted ROOM_UNTOLD: the pool does not wake a worker that waits for room
 * planted TAKEN_BACK_BY_STORE: the pool takes a record back with a store instead of a compare-and-exchange
 * planted POPPED_FIRST: the worker gives the place of a call back before its result is there
 * planted PUBLISHED_FIRST: a result is published before it is written
 * planted END_NOT_COLLECTED: the pool does not look for results once more when the worker has ended
 */
#define CALLS 3
#define ROOM 2                       /* records in the ring of calls; one in that of results */
#if defined(POPPED_FIRST) || defined(PUBLISHED_FIRST) || defined(END_NOT_COLLECTED)
#define KILL
#endif

mtype = { waiting, begun, taken_back };              /* record_state */
mtype = { awake, for_work, for_room };               /* wake_word::reason */
mtype = { queued, sent, done, failed, withdrawn };   /* what the pool knows of a call */

/* shared memory */
byte call_head, call_tail, result_head, result_tail; /* ring_positions */
mtype record[ROOM] = waiting;                        /* record::state, of the ring of calls */
byte call_number[ROOM];
byte result_number;                                  /* the record in the ring of results */
bool result_whole;                                   /* its bytes have been written */
mtype word = awake;                                  /* words::worker */
bool futex_woken;                                    /* FUTEX_WAKE came while the worker slept */
bool in_futex;
bool awake_is_late, stop_is_late;
bool listens;                                        /* words::pool */
bool stop_word;                                      /* words::stop */
bool eventfd;                                        /* pool_state::results_ */

bool killed, ended;                                  /* ended: the status pipe is readable */
byte ran[CALLS];                                     /* how often it has begun */
bool finished[CALLS];                                /* its result is in the ring */
mtype call[CALLS] = queued;

active proctype store_buffer() {
end:
  do
  :: atomic { awake_is_late -> awake_is_late = false; word = awake }
  :: atomic { stop_is_late -> stop_is_late = false; listens = false }
  od
}

/* wake_word::sleep */
inline sleep(why, there) {
  atomic { awake_is_late = false; word = why };
#ifdef NO_SECOND_LOOK
  if
  :: true
#else
  if
  :: there
  :: atomic { !(there) };
#endif
    if
    :: atomic { word != why }                        /* FUTEX_WAIT: EAGAIN */
    :: atomic { word == why -> in_futex = true; futex_woken = false };
      atomic { futex_woken -> in_futex = false; futex_woken = false }
    fi
  fi;
  awake_is_late = true
}

proctype worker() {
  byte number;
  bool fine;
  {
    do
    :: call_head != call_tail ->                     /* requests_.front() */
      atomic { number = call_number[call_head % ROOM] };
      if
      :: atomic { record[call_head % ROOM] == waiting -> record[call_head % ROOM] = begun; fine = true }   /* r.begin() */
      :: atomic { record[call_head % ROOM] != waiting -> fine = false }
      fi;
      if
      :: fine ->
        atomic { ran[number]++; assert(ran[number] == 1) };
#ifdef POPPED_FIRST
        call_head++;
#endif
        do                                           /* post_message */
        :: result_tail - result_head < 1 -> break    /* reserve */
        :: result_tail - result_head == 1 -> sleep(for_room, result_tail - result_head < 1)
        od;
#ifdef PUBLISHED_FIRST
        atomic { result_whole = false; result_number = number; result_tail++ };
        result_whole = true;
#else
        atomic { result_whole = false; result_number = number };
        result_whole = true;
        atomic { result_tail++; finished[number] = true };   /* publish */
#endif
        if
        :: listens ->                                /* listen_word::take */
          if
          :: atomic { listens -> listens = false };
            eventfd = true                           /* eventfd_write */
          :: !listens
          fi
        :: !listens
        fi;
      :: !fine
      fi;
#ifdef POPPED_FIRST
      if
      :: !fine -> call_head++
      :: fine
      fi
#else
      call_head++                                    /* pop */
#endif
    :: call_head == call_tail ->
      if
      :: stop_word -> break
      :: !stop_word -> sleep(for_work, call_head != call_tail || stop_word)
      fi
    od
  } unless { killed };
  ended = true
}

inline settle(i) {                                   /* pool_worker::settle_front */
  atomic {
    assert(result_whole && call[result_number] == sent && ran[result_number] == 1);
    for (i : 0 .. CALLS - 1) { assert(i >= result_number || call[i] != sent) };      /* in order */
    call[result_number] = done;
    i = 0
  };
  atomic { result_head++; any = true }
}

inline collect(i) {                                  /* pool_worker::collect */
  do
  :: atomic { result_head == result_tail -> break }
  :: result_head != result_tail -> settle(i)
  od;
  if
#ifndef ROOM_UNTOLD
  :: any && word == for_room -> wake_sleeper()
  :: any && word != for_room
#else
  :: any
#endif
  :: !any
  fi
}

inline wake_sleeper() {                              /* wake_word::wake_sleeper */
  atomic { word = awake; awake_is_late = false };
  atomic {
    if
    :: in_futex -> futex_woken = true
    :: else
    fi
  }
}

proctype pool() {
  byte next, given, i;                               /* the next call to give; where the last one lies */
  bool any, fresh, unlistened, told;
  do
  :: atomic { any = false; unlistened = false };     /* pool_state::attend */
    collect(i);
    do                                               /* dispatch, give: reserve and publish */
    :: next < CALLS && call_tail - call_head < ROOM ->
      atomic { record[call_tail % ROOM] = waiting; call_number[call_tail % ROOM] = next; given = call_tail };
      atomic { call[next] = sent; next++; call_tail++; fresh = true }
    :: atomic { next == CALLS || call_tail - call_head == ROOM -> break }
    :: true -> break
    od;
    if                                               /* ring_writer::take_back of the last one */
    :: next > 0 && call[next - 1] == sent && call_head <= given ->
#ifdef TAKEN_BACK_BY_STORE
      if
      :: record[given % ROOM] == waiting -> record[given % ROOM] = taken_back; call[next - 1] = withdrawn
      :: record[given % ROOM] != waiting
      fi
#else
      atomic {
        if
        :: record[given % ROOM] == waiting -> record[given % ROOM] = taken_back; call[next - 1] = withdrawn
        :: else
        fi
      }
#endif
    :: true
    fi;
    if                                               /* retire_workers, leave */
    :: next == CALLS && call[0] != sent && call[1] != sent && call[2] != sent && !told ->
      told = true; stop_word = true; fresh = true
    :: else
    fi;
    if                                               /* pool_worker::wake */
    :: fresh && word == for_work -> fresh = false; wake_sleeper()
    :: fresh && word != for_work -> fresh = false
    :: !fresh
    fi;
    if                                               /* pool_state::listen */
    :: any
    :: !any && (call[0] == sent || call[1] == sent || call[2] == sent) ->
      atomic { stop_is_late = false; listens = true };
#ifndef LISTEN_WITHOUT_LOOK
      if
      :: result_head != result_tail -> stop_is_late = true; unlistened = true
      :: result_head == result_tail
      fi
#endif
    :: else
    fi;
    if
    :: any || unlistened                             /* schedule: another turn at once */
    :: atomic { !(any || unlistened) };
      if
      :: atomic { eventfd -> eventfd = false }       /* read_completed */
      :: ended -> break                              /* completed */
      :: next < CALLS && call[0] != sent && call[1] != sent && call[2] != sent   /* a new call is asked for */
      fi
    fi
  od;
#ifndef END_NOT_COLLECTED
  any = false;
  collect(i);
#endif
  /* pool_state::worker_ended: those behind the first are taken back, and the first if it was not begun */
  atomic {
    for (i : 0 .. CALLS - 1) {
      if
      :: call[i] == queued -> call[i] = withdrawn
      :: call[i] == sent ->
        if
        :: i == call_number[call_head % ROOM] && call_head < call_tail && record[call_head % ROOM] == begun -> call[i] = failed
        :: else -> call[i] = withdrawn
        fi
      :: else
      fi
    }
  }
}

init {
  byte i;
  atomic { run worker(); run pool() };
#ifdef KILL
  killed = true;
#endif
  _nr_pr == 2;
  for (i : 0 .. CALLS - 1) {
    assert(call[i] != withdrawn || ran[i] == 0);     /* whoever gets it next is the first to make it */
    assert(!finished[i] || call[i] == done);
    assert(call[i] != failed || killed)
  }
}

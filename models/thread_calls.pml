/* SPDX-License-Identifier: MIT */
/*
 * The sleep of the epoll backend beside its worker threads: each call's end is told once, whoever ends it, and the loop does not sleep
 * beside one.
 *
 * mirrors io/epoll/thread_calls.cpp: run, report, tell, take_back, interrupt, repeat_interruptions, take_ended, sleep, wait_a_moment
 * mirrors io/epoll/thread_calls.hpp: any_ended, awake, asleep_, ended_, interrupting, size
 * mirrors io/epoll/epoll_passes.cpp: poll, wait, spin, look, take_ended, wake, drain
 * mirrors io/epoll/epoll_descriptors.cpp: before_close, stop_in_thread
 * mirrors sched/event_loop.cpp: look_outside
 *
 * Two calls are in threads: one that ends by itself, and one with patience, which ends by itself or only when it is interrupted. A
 * third thread sends a message, at which the loop cancels the patient call, or closes a descriptor of one of them, or ends. If the
 * loop hangs, that is an invalid end state. That a call gets a thread is shown in worker_threads.pml.
 *
 * The eventfd has a counter and, edge-triggered in the epoll, an event; a write makes both. wait_a_moment reads the counter, and waits
 * without the 100 ms, so that nothing is owed to them. A sleep is short only while a thread is being interrupted. A signal ends a call
 * that it meets; a moment before it does nothing. `awake` reaches the others late, through a store buffer; all else is sequentially
 * consistent. The mailbox is as in wake_up.pml. `spin` does what `poll` does.
 *
 * planted NO_SECOND_LOOK: the loop does not look for ended calls when it has announced its sleep
 * planted RELAXED_ANNOUNCEMENT: the announcement may reach the threads after the second look
 * planted FLAG_BEFORE_PUSH: a thread looks whether the loop sleeps before it pushes its call
 * planted READ_LATE: wait_a_moment empties the eventfd when it has announced its sleep
 * planted INTERRUPTED_ONCE: the signal is sent once, and the sleep is as long as any other
 * planted TAKEN_BACK_BY_STORE: take_back looks whether the call has begun, and drops it then
 */
#define FILE 0                      /* the calls */
#define PATIENT 1
#define bit(c) (1 << (c))
#define all_told (told == 3)
#ifndef INTERRUPTED_ONCE
#define short_sleep (interrupting > 0)
#else
#define short_sleep false
#endif

mtype = { queued, begun, dropped };                  /* call::phase */
mtype state[2] = queued;
byte ended;                         /* ended_: a set of calls */
byte told;                          /* ... that the loop has completed */
bool freed[2];
bool running, interrupted;          /* call::running, call::interrupted, of the patient one */
bool in_call, signalled;            /* it is in the system call; the signal has met it */
bool somebody_comes;                /* then it ends by itself */
byte interrupting;                  /* interrupting_ */
bool asleep;                        /* asleep_ */
bool awake_is_late, sleep_is_late;  /* `false`, and where that is planted `true`, on its way to asleep_ */
bool counter, event;                /* of the eventfd */
bool message, got;                  /* in the inbox; taken */
bool sleeping;                      /* inbox::sleeping_ */
bool mailbox_closed;

inline write_eventfd() { atomic { counter = true; event = true } }

active proctype store_buffer() {
end:
  do
  :: atomic { awake_is_late -> awake_is_late = false; asleep = false }
  :: atomic { sleep_is_late -> sleep_is_late = false; asleep = true }
  od
}

/* thread_calls::tell */
inline take_sleeper(slept) { atomic { slept = asleep; asleep = false } }

proctype worker(byte c) {
  bool slept;
  if                                                          /* call::run */
  :: atomic { state[c] == dropped -> assert(!freed[c]); freed[c] = true; goto out }     /* report */
  :: atomic { state[c] == queued -> state[c] = begun }
  fi;
  if
  :: c == PATIENT ->
    running = true;
    do                                                        /* work_on */
    :: atomic { assert(!(told & bit(c))); in_call = true };
      if
      :: atomic { signalled -> signalled = false; in_call = false };
        if
        :: interrupted -> break
        :: !interrupted
        fi
      :: atomic { somebody_comes -> signalled = false; in_call = false; break }
      fi
    od;
    running = false
  :: atomic { c == FILE -> assert(!(told & bit(c))) }
  fi;
#ifdef FLAG_BEFORE_PUSH
  take_sleeper(slept);
#endif
  atomic { assert(!freed[c]); ended = ended | bit(c) };       /* tell */
#ifndef FLAG_BEFORE_PUSH
  take_sleeper(slept);
#endif
  if
  :: slept -> write_eventfd()
  :: !slept
  fi;
out:
  skip
}

/* mailbox::push and mailbox::wake, inbox::take_sleeper */
proctype sender() {
  bool slept;
  message = true;
  atomic { slept = sleeping; sleeping = false };
  if
  :: atomic { slept && !mailbox_closed -> counter = true; event = true }    /* epoll_backend::wake */
  :: atomic { !slept || mailbox_closed }
  fi
}

/* interruption::send */
inline send_signal() { atomic { signalled = signalled || in_call } }

inline repeat_interruptions() {
  if
  :: atomic { short_sleep && running } -> send_signal()
  :: atomic { !short_sleep || !running }
  fi
}

inline stop_in_thread(c) {
  if
  :: told & bit(c)
#ifdef TAKEN_BACK_BY_STORE
  :: !(told & bit(c)) && state[c] == queued -> atomic { state[c] = dropped; told = told | bit(c) }
#else
  :: atomic { !(told & bit(c)) && state[c] == queued -> state[c] = dropped; told = told | bit(c) }      /* take_back */
#endif
  :: atomic { !(told & bit(c)) && state[c] == begun };
    if                                                        /* interrupt */
    :: atomic { c == PATIENT && !interrupted -> interrupted = true; interrupting++ };
      if
      :: running -> send_signal()
      :: !running
      fi
    :: atomic { c == FILE || interrupted }
    fi
  fi
}

/* thread_calls::take_ended, until there is none */
inline take_ended() {
  atomic {
    assert((told & ended) == 0);
    if
    :: (ended & bit(PATIENT)) && interrupted -> interrupting--
    :: else
    fi;
    if
    :: ended & bit(FILE) -> assert(!freed[FILE]); freed[FILE] = true
    :: else
    fi;
    if
    :: ended & bit(PATIENT) -> assert(!freed[PATIENT]); freed[PATIENT] = true
    :: else
    fi;
    told = told | ended;
    ended = 0
  }
}

/* thread_calls::awake; a store to one place passes no other one */
inline awake() { atomic { awake_is_late = true; sleep_is_late = false } }

/* thread_calls::sleep */
inline announce(may) {
#ifdef RELAXED_ANNOUNCEMENT
  atomic { awake_is_late = false; sleep_is_late = true };
#else
  atomic { awake_is_late = false; asleep = true };
#endif
#ifdef NO_SECOND_LOOK
  may = true
#else
  if
  :: atomic { ended == 0 -> may = true }
  :: ended != 0 -> awake(); may = false
  fi
#endif
}

inline wait_a_moment(may) {
  repeat_interruptions();
#ifdef READ_LATE
  announce(may);
  counter = false;
#else
  counter = false;
  announce(may);
#endif
  if
  :: atomic { may -> may = false };
    if
    :: counter                                                /* poll(2) */
    :: short_sleep
    fi;
    awake()
  :: atomic { !may }
  fi
}

inline before_close(c, may) {
  stop_in_thread(c);
  do
  :: told & bit(c) -> break
  :: !(told & bit(c)) -> wait_a_moment(may); take_ended()
  od
}

/* epoll_backend::poll; looking takes the event */
inline poll() { take_ended(); event = false }

/* epoll_backend::wait; whether calls are out is the loop's own knowledge */
inline wait(may) {
  if
  :: atomic { !all_told };
    announce(may);
    if
    :: atomic { may -> may = false };
      if
      :: atomic { event && counter -> event = false }         /* look */
      :: short_sleep                                          /* between_interruptions */
      fi;
      awake();
      repeat_interruptions();
      take_ended()
    :: atomic { !may };
      poll()
    fi
  :: atomic { all_told };
    atomic { event && counter -> event = false }
  fi
}

proctype loop() {
  bool may;
  do
  :: atomic { all_told && got -> break }                      /* stop() */
  :: atomic { !(all_told && got) };
    if                                                        /* look_outside */
    :: poll()
    :: sleeping = true;                                       /* inbox::sleep */
      if
      :: message
      :: !message -> wait(may)
      fi;
      sleeping = false
    fi;
    if
    :: atomic { message -> message = false; got = true };
      if
      :: stop_in_thread(PATIENT)                              /* cancel */
      :: before_close(PATIENT, may)
      :: before_close(FILE, may); stop_in_thread(PATIENT)
      :: break                                                /* stop() */
      fi
    :: atomic { !message }
    fi
  od;
  mailbox_closed = true;                                      /* event_loop::close */
  stop_in_thread(FILE);                                       /* drain */
  stop_in_thread(PATIENT);
  do
  :: atomic { all_told -> break }
  :: atomic { !all_told };
    take_ended();
    if
    :: all_told
    :: !all_told -> wait_a_moment(may)
    fi
  od
}

init {
  atomic {
    if
    :: somebody_comes = true
    :: true
    fi;
    if
    :: signalled = true                                       /* by a late signal to the thread's call before */
    :: true
    fi;
    run loop(); run worker(FILE); run worker(PATIENT); run sender()
  };
  _nr_pr == 2;
  assert(all_told && freed[FILE] && freed[PATIENT] && ended == 0)
}

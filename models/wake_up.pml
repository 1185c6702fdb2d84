/* SPDX-License-Identifier: MIT */
/*
 * How threads and signal handlers wake a loop: whatever is accepted is taken, and who sends late does not touch a loop that has ended.
 *
 * mirrors sched/inbox.hpp: push, take, close, sleep, awake, take_sleeper, head_, sleeping_
 * mirrors sched/mailbox.hpp: post, push, wake, mutex_, poller_
 * mirrors sched/mailbox.cpp: wake, close
 * mirrors sched/event_loop.cpp: run_forever, look_around, look_outside, nudge, arrived, close
 * mirrors sched/poller.hpp: look_first, wait, wake
 *
 * A loop, two threads that send a message each, and a signal handler that nudges. The loop ends when it has taken all three, or in
 * any pass before; if it sleeps for ever beside a message, that is an invalid end state. The wake-up of a poller (an eventfd, or
 * what a test puts in its place) is kept until it is taken.
 *
 * Pushes, the announcement of sleep, the look behind it and take_sleeper are sequentially consistent in the code: each is one step
 * here. What is relaxed there: the look at an empty inbox may miss anything, and `awake` reaches the others late, through a store
 * buffer (`awake_is_late`). The stack is a set here; that each sender's order is kept is not shown.
 *
 * planted NO_SECOND_LOOK: the loop does not look again after it has announced its sleep
 * planted RELAXED_ANNOUNCEMENT: the announcement may reach the others after the second look
 * planted FLAG_BEFORE_PUSH: a sender looks whether the loop sleeps before it pushes
 * planted WAKE_UNGUARDED: a sender wakes without asking whether the loop has ended
 * planted NUDGE_KEPT: a nudge that has arrived still counts as sent
 */
#define THREADS 2
#define NUDGE 4          /* the bit of the nudge; the threads' are 1 and 2 */

byte head;               /* inbox::head_: a set of messages */
bool closed;             /* head_ == closed() */
bool sleeping;           /* inbox::sleeping_ */
bool awake_is_late;      /* `false` on its way to sleeping_ */
bool sleep_is_late;      /* `true` on its way to sleeping_: planted */
bool event;              /* the poller's wake-up */
bool poller_there = true;/* mailbox::poller_ */
bool poller_alive = true;
bool mutex;              /* mailbox::mutex_ */
bool nudge_sent;         /* nudge_message::sent */
byte taken;              /* by the loop, or found when it closed */
byte refused;
bool second_nudge;       /* something that only the second nudge tells */
bool nudge_seen;

/* inbox::take_sleeper: the load, and then the exchange */
inline take_sleeper(told) {
  if
  :: atomic { !sleeping -> told = false }
  :: sleeping -> atomic { told = sleeping; sleeping = false }
  fi
}

/* mailbox::wake */
inline mailbox_wake() {
#ifndef WAKE_UNGUARDED
  atomic { !mutex -> mutex = true };
  if
  :: poller_there -> atomic { assert(poller_alive); event = true }
  :: !poller_there
  fi;
  mutex = false
#else
  atomic { assert(poller_alive); event = true }
#endif
}

/* mailbox::push and, perhaps much later, mailbox::wake */
proctype sender(byte message) {
  bool told;
#ifdef FLAG_BEFORE_PUSH
  take_sleeper(told);
#endif
  if
  :: atomic { closed -> refused = refused | message; goto finished }
  :: atomic { !closed -> head = head | message }
  fi;
#ifndef FLAG_BEFORE_PUSH
  take_sleeper(told);
#endif
  if
  :: told -> mailbox_wake()
  :: !told
  fi;
finished:
  skip
}

/* event_loop::nudge, twice; a handler runs only while the loop exists, so it needs no mutex */
proctype handler() {
  bool told;
  byte i;
  for (i : 0 .. 1) {
    if
    :: i == 1 -> second_nudge = true
    :: else
    fi;
    if
    :: atomic { nudge_sent }
    :: atomic { !nudge_sent -> nudge_sent = true };
      if
      :: atomic { closed -> break }
      :: atomic { !closed -> head = head | NUDGE }
      fi;
      take_sleeper(told);
      if
      :: told -> atomic { event = true; told = false }
      :: !told
      fi
    fi
  }
}

/* What the processor has not yet shown to the others */
active proctype store_buffer() {
end:
  do
  :: atomic { awake_is_late -> awake_is_late = false; sleeping = false }
  :: atomic { sleep_is_late -> sleep_is_late = false; sleeping = true }
  od
}

inline take(set) {                       /* inbox::take; nudge_message::arrived */
  atomic {
    assert((taken & set & 3) == 0);      /* nothing twice */
    taken = taken | set
  }
}

proctype loop() {
  byte set;
  do
  :: taken == 7 && nudge_seen -> break                        /* stop() */
  :: !(taken == 7 && nudge_seen);
    if
    :: true -> goto ending                                    /* stop() for another reason */
    :: head != 0 -> skip                                      /* inbox::empty, look_first: it may see something */
    :: true ->                                                /* ... or not */
      atomic { awake_is_late = false; sleep_is_late = false   /* inbox::sleep; a store to one place passes no other one */
#ifdef RELAXED_ANNOUNCEMENT
        ; sleep_is_late = true
#else
        ; sleeping = true
#endif
      };
      if
#ifdef NO_SECOND_LOOK
      :: true -> atomic { event -> event = false }
#else
      :: head == 0 -> atomic { event -> event = false }       /* poller::wait */
      :: head != 0
#endif
      fi;
      atomic { awake_is_late = true; sleep_is_late = false }  /* inbox::awake */
    fi;
    atomic { set = head; head = 0 };                          /* inbox::take */
    if
    :: set & NUDGE ->
#ifndef NUDGE_KEPT
      nudge_sent = false;                                     /* arrived: before it looks at what was nudged for */
#endif
      nudge_seen = second_nudge
    :: else
    fi;
    take(set);
    set = 0
  od;
ending:
  atomic { closed = true; set = head; head = 0 };             /* inbox::close */
  take(set);
  atomic { !mutex -> mutex = true };                          /* mailbox::close */
  poller_there = false;
  mutex = false;
  poller_alive = false                                        /* ~event_loop */
}

init {
  atomic { run loop(); run sender(1); run sender(2); run handler() };
  _nr_pr == 2;
  assert(((taken | refused) & 3) == 3 && (taken & refused) == 0)
}

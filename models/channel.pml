/* SPDX-License-Identifier: MIT */
/*
 * A channel between loops and threads: each item is received once and nobody sleeps beside what he waits for.
 *
 * mirrors runtime/sync/channel_base.hpp: promise_to, added, removed, has_room, drained, free_items, promised_, senders_, receivers_
 * mirrors runtime/sync/channel_base.cpp: close, withdraw, give_back, grant_item, end_all
 * mirrors runtime/sync/channel_state.hpp: put, has_item, take_into, admit_senders, send_blocking, receive_blocking
 * mirrors runtime/sync/channel_waiter.hpp: wake_later, wake_now, go_on, wait, channel_thread
 * mirrors runtime/sync/channel_awaiter.hpp: await_suspend, await_resume, withdraw
 * mirrors runtime/sync/channel_awaiter.cpp: stand_in, go_on, cancel, arrived
 *
 * A thread and a task on a loop of its own send two items each, numbered 1, 2 and 3, 4; another thread, and a task on another loop,
 * receive. Then the channel is closed. Once, the receiving task may be cancelled, waiting or granted, and goes on; or its loop ends,
 * and its frame is destroyed. Once, moving an item of a waiting sender may throw. All that must end, with each other item received
 * once. CAPACITY is 0 or 1.
 *
 * with CAPACITY=0
 * with CAPACITY=1
 *
 * The mutex is a mutex here. What is done while it is held is one step, for nothing else is touched in it but the mailbox: pushes
 * into it and the loop's own looks are steps of the loop. That a push wakes a loop is shown in wake_up.pml; here it is an event that
 * is kept, and what is left to show is that the sleeper who was found is woken at all (`alarm`), outside of the mutex.
 *
 * planted ALARM_FORGOTTEN: a thread that goes to sleep in the channel has not woken the loop that it found asleep
 * planted GRANT_KEPT: a receiver that is cancelled after it was granted does not give back
 * planted GONE_STAYS_PROMISED: a receiver whose loop has ended still counts as one that was promised an item
 * planted CLOSE_FORGETS_PROMISED: receivers are told of the end only at `close`, not when the last promised item is taken
 * planted NO_ADMISSION: who takes an item does not let a waiting sender in
 */
#ifdef ALARM_FORGOTTEN
#define CAPACITY 0
#endif
#ifndef CAPACITY
#define CAPACITY 1
#endif
#define IDLE 0
#define WAITING 1
#define GRANTED 2
#define ENDED 3
#define GONE 4
#define FAILED 5

/* the participants, each with a waiter of his own */
#define THREAD_SENDS 0
#define TASK_SENDS 1
#define THREAD_RECEIVES 2
#define TASK_RECEIVES 3
#define is_task(id) (id == TASK_SENDS || id == TASK_RECEIVES)
#define NOBODY 9

bool mutex;                          /* channel_base::mutex_ */
byte promised;                       /* promised_ */
bool closed;                         /* closed_ */
chan items = [4] of { byte };        /* channel_state::items_ */
chan senders = [2] of { byte };      /* senders_ */
chan receivers = [2] of { byte };    /* receivers_ */
byte state[4];                       /* channel_waiter::state */
byte value[4];                       /* channel_waiter::value */
bool pushed[4];                      /* the waiter lies in its loop's mailbox */
bool asleep[4];                      /* the loop sleeps (inbox::sleeping_) */
bool event[4];                       /* mailbox::wake */
bool loop_ended;                     /* of TASK_RECEIVES: the mailbox refuses */
byte received;                       /* a set of items */
byte failed;                         /* the one item that could not be moved */
byte senders_done;

#define free_items (len(items) - promised)
#define has_room (free_items < CAPACITY || len(receivers) > 0)
#define drained (closed && len(items) == 0)

/* What holds whenever the mutex is free */
inline check() {
  assert(promised <= len(items));
  assert(!(len(receivers) > 0 && (free_items > 0 || len(senders) > 0)));
  assert(!(len(senders) > 0 && free_items < CAPACITY));
  assert(!(closed && len(senders) > 0));
  assert(!(drained && len(receivers) > 0))
}

/* channel_waiter::go_on, with the mutex held; `alarm` is the one loop that is to be woken afterwards */
inline go_on(id, alarm, good) {
  good = true;
  if
  :: !is_task(id)                                             /* notify_one: the thread looks at its state */
  :: id == TASK_RECEIVES && loop_ended -> good = false        /* refused */
  :: else ->
    pushed[id] = true;
    if
    :: asleep[id] ->                                          /* take_sleeper; channel_alarm::wake_later */
      asleep[id] = false;
      if
      :: alarm != NOBODY -> event[alarm] = true
      :: else
      fi;
      alarm = id
    :: else
    fi
  fi
}

inline grant_item(alarm, who, good) {                         /* channel_base::grant_item */
  good = false;
  do
  :: len(receivers) == 0 || good -> break
  :: else ->
    receivers?who;
    state[who] = GRANTED;
    promised++;
    go_on(who, alarm, good);
    if
    :: good
    :: else ->
      state[who] = GONE;
#ifndef GONE_STAYS_PROMISED
      promised--
#endif
    fi
  od
}

inline end_all(line, alarm, who, good) {                      /* channel_base::end_all */
  do
  :: len(line) == 0 -> break
  :: else ->
    line?who;
    state[who] = ENDED;
    go_on(who, alarm, good);
    if
    :: good
    :: else -> state[who] = GONE
    fi
  od
}

inline added(alarm, who, good) {                              /* channel_base::added */
  if
  :: len(receivers) > 0 -> grant_item(alarm, who, good)
  :: else
  fi
}

inline admit_senders(most, alarm, who, good) {                /* channel_state::admit_senders */
  do
  :: free_items < most && len(senders) > 0 ->
    senders?who;
    if
    :: !failed -> state[who] = FAILED; failed = value[who]    /* moving the item throws */
    :: items!value[who]; state[who] = GRANTED
    fi;
    go_on(who, alarm, good);
    if
    :: state[who] == GRANTED -> added(alarm, who, good)
    :: else
    fi
  :: else -> break
  od
}

inline take(was_promised, alarm, who, good, item) {           /* channel_state::take_into, channel_base::removed */
  items?item;
  assert((received & (1 << item)) == 0);
  received = received | (1 << item);
  if
  :: was_promised -> promised--
  :: else
  fi;
#ifndef CLOSE_FORGETS_PROMISED
  if
  :: drained -> end_all(receivers, alarm, who, good)
  :: else
  fi;
#endif
#ifndef NO_ADMISSION
  admit_senders(CAPACITY, alarm, who, good);
#endif
  item = 0
}

/* The critical section of an attempt to send: send_blocking, channel_send_awaiter::await_suspend */
inline try_to_send(me, item, alarm, who, good, waits) {
  assert(!closed);                                            /* here it is closed when all have sent */
  if
  :: has_room -> items!item; added(alarm, who, good); waits = false
  :: else -> value[me] = item; state[me] = WAITING; senders!me; waits = true
  fi
}

/* ... and to receive: receive_blocking, channel_receive_awaiter::await_suspend; `more` is false at the end */
inline try_to_receive(me, alarm, who, good, waits, more, item) {
  waits = false;
  if
  :: free_items == 0 -> admit_senders(1, alarm, who, good)    /* has_item */
  :: else
  fi;
  if
  :: free_items > 0 -> take(false, alarm, who, good, item)
  :: free_items == 0 && drained -> more = false
  :: else -> state[me] = WAITING; receivers!me; waits = true
  fi
}

inline leave(alarm) {                                         /* ~lock_guard, and then ~channel_alarm */
  atomic { check(); who = 0; good = false; mutex = false };
  if
  :: alarm != NOBODY -> atomic { event[alarm] = true; alarm = NOBODY }
  :: else
  fi
}

proctype thread_sends() {
  byte alarm = NOBODY, who, item;
  bool good, waits;
  for (item : 1 .. 2) {
    atomic { !mutex -> mutex = true; try_to_send(THREAD_SENDS, item, alarm, who, good, waits) };
    if
    :: waits ->
#ifndef ALARM_FORGOTTEN
      atomic {                                                /* channel_thread::wait: alarm.wake_now() */
        if
        :: alarm != NOBODY -> event[alarm] = true; alarm = NOBODY
        :: else
        fi
      }
#endif
      atomic { check(); mutex = false; waits = false };
      atomic { !mutex && state[THREAD_SENDS] != WAITING -> mutex = true; state[THREAD_SENDS] = IDLE }
    :: else
    fi;
    leave(alarm)
  }
  senders_done++
}

proctype thread_receives() {
  byte alarm = NOBODY, who, item;
  bool good, waits, more = true;
  do
  :: !more -> break
  :: more ->
    atomic { !mutex -> mutex = true; try_to_receive(THREAD_RECEIVES, alarm, who, good, waits, more, item) };
    if
    :: waits ->
#ifndef ALARM_FORGOTTEN
      atomic {
        if
        :: alarm != NOBODY -> event[alarm] = true; alarm = NOBODY
        :: else
        fi
      }
#endif
      atomic { check(); mutex = false; waits = false };
      atomic { !mutex && state[THREAD_RECEIVES] != WAITING -> mutex = true;
        if
        :: state[THREAD_RECEIVES] == ENDED -> more = false
        :: else -> take(true, alarm, who, good, item)
        fi;
        state[THREAD_RECEIVES] = IDLE
      }
    :: else
    fi;
    leave(alarm)
  od
}

/* The loop of a task that has suspended */
inline wait_as_loop(me) {
  if
  :: atomic { pushed[me] -> pushed[me] = false }              /* inbox::take */
  :: atomic { !pushed[me] -> asleep[me] = true };             /* inbox::sleep: the announcement and the second look */
    do
    :: atomic { event[me] -> event[me] = false; asleep[me] = false;
        if
        :: pushed[me] -> pushed[me] = false; break
        :: else -> asleep[me] = true
        fi
      }
    od
  fi
}

proctype task_sends() {
  byte alarm = NOBODY, who, item;
  bool good, waits;
  for (item : 3 .. 4) {
    atomic { !mutex -> mutex = true; try_to_send(TASK_SENDS, item, alarm, who, good, waits) };
    leave(alarm);
    if
    :: waits -> wait_as_loop(TASK_SENDS); atomic { waits = false; assert(state[TASK_SENDS] == GRANTED || state[TASK_SENDS] == FAILED); state[TASK_SENDS] = IDLE }
    :: else
    fi
  }
  senders_done++
}

proctype task_receives() {
  byte alarm = NOBODY, who, item;
  bool good, waits, more = true, cancelled;
  do
  :: !more -> break
  :: more ->
    atomic { !mutex -> mutex = true; try_to_receive(TASK_RECEIVES, alarm, who, good, waits, more, item) };
    leave(alarm);
    if
    :: atomic { waits -> waits = false };
      if
      :: !cancelled -> cancelled = true;                      /* channel_task::cancel: withdraw */
        atomic { !mutex -> mutex = true;
          if
          :: state[TASK_RECEIVES] == WAITING -> receivers??eval(TASK_RECEIVES); state[TASK_RECEIVES] = IDLE
          :: else
          fi;
        };
        leave(alarm);
        if
        :: state[TASK_RECEIVES] == IDLE
        :: state[TASK_RECEIVES] != IDLE ->                    /* delivered when it resumes: ~channel_receive_awaiter */
          wait_as_loop(TASK_RECEIVES);
          atomic { !mutex -> mutex = true;
            if
            :: state[TASK_RECEIVES] == GRANTED ->             /* give_back */
#ifndef GRANT_KEPT
              promised--;
              grant_item(alarm, who, good)
#endif
            :: else
            fi;
            state[TASK_RECEIVES] = IDLE
          };
          leave(alarm)
        fi
      :: !cancelled -> atomic { loop_ended = true; pushed[TASK_RECEIVES] = false };   /* event_loop::close */
        atomic { !mutex -> mutex = true;                      /* the frame is destroyed: withdraw, or else give_back */
          if
          :: state[TASK_RECEIVES] == WAITING -> receivers??eval(TASK_RECEIVES)
          :: state[TASK_RECEIVES] == GRANTED -> promised--; grant_item(alarm, who, good)
          :: else
          fi;
          state[TASK_RECEIVES] = IDLE
        };
        leave(alarm);
        break
      :: true ->
        wait_as_loop(TASK_RECEIVES);
        atomic { !mutex -> mutex = true;
          if
          :: state[TASK_RECEIVES] == ENDED -> more = false
          :: else -> take(true, alarm, who, good, item)
          fi;
          state[TASK_RECEIVES] = IDLE
        };
        leave(alarm)
      fi
    :: atomic { !waits }
    fi
  od
}

init {
  byte alarm = NOBODY, who;
  bool good;
  atomic { run thread_sends(); run task_sends(); run thread_receives(); run task_receives() };
  senders_done == 2;
  atomic { !mutex -> mutex = true;                            /* channel_base::close */
    closed = true;
    end_all(senders, alarm, who, good);
    if
    :: drained -> end_all(receivers, alarm, who, good)
    :: else
    fi
  };
  leave(alarm);
  _nr_pr == 1;
  assert((received | (failed -> 1 << failed : 0)) == 30 && (failed == 0 || (received & (1 << failed)) == 0));
  assert(len(items) == 0 && promised == 0)
}

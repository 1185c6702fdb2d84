/* SPDX-License-Identifier: MIT */
/*
 * A lock between processes, any of which may be killed at any instruction: one task holds it at a time, and who waits for it gets it.
 *
 * mirrors runtime/shared/process_lock.cpp: try_take, still_held, take_blocking, take_in_task, release, released_
 * mirrors runtime/shared/process_identity.hpp: written_or_ended
 * mirrors runtime/shared/process_identity.cpp: written_or_ended, watch, is_running, this_process
 * mirrors runtime/shared/shared_page.hpp: access, commit
 *
 * Four tasks, two of them in one process, want the lock once each, take it and give it up. One that finds it held waits, or gives up
 * at once (try_lock), or is cancelled while it waits: at most one of tasks 2 and 3. DEATHS processes are killed at most, anywhere.
 * All who live must end: one that sleeps for ever is an invalid end state. With DEATHS=2 it holds too, in 14 million states.
 *
 * That a commit is one step, and that the mutex of a dead process becomes free, is shown in shared_page.pml. What is done while it is
 * held is one step here, up to what others see without it: the write to the eventfd. Who waits has an epoll of his own. The eventfd
 * is in it, edge-triggered, so each release leaves an event there until it is taken; and the pidfd of the process that holds the
 * lock, which is readable from its end on.
 *
 * planted ONE_FLAG: a release makes an eventfd readable for all who wait, and whoever finds the lock held makes it unreadable again
 * planted LOOK_FIRST: who waits looks who holds the lock, and forgets the events before then
 * planted END_UNSEEN: who waits does not watch the process that holds the lock
 * planted FIRST_HOLDER_WATCHED: who waits watches the process that held the lock when he came
 * planted HEIR: who is told that the holder has ended takes the lock without a look at who holds it by now
 */
#ifndef DEATHS
#define DEATHS 1
#endif
#define process_of(task) (task == 1 -> 1 : task - 1)          /* tasks 1 and 2 are one process */
#define NOBODY 0

byte mutex;                 /* of the shared page: a task */
byte holder;                /* lock_state::holder: a process */
byte inside;                /* the task that has the lock: to check with */
bool released;              /* the eventfd released_ was written; with ONE_FLAG: it is readable */
bool listens[5], event[5];  /* written_or_ended: the eventfd is in the task's epoll; it has an event */
bool dead[4];               /* processes */
bool hasty[5];              /* the task does not wait, or not for ever */

#define mine process_of(me)

inline lock() { mutex == NOBODY || dead[process_of(mutex)] -> mutex = me }

inline commit_and_unlock(who) {
  assert(who == NOBODY || inside == NOBODY || dead[process_of(inside)]);
  holder = who;
  inside = (who -> me : NOBODY);
  mutex = NOBODY
}

/* try_take: `found` is the process that holds the lock, NOBODY if it was taken */
inline try_take(found) {
  atomic {
    lock();
    found = holder;
    if
    :: found != NOBODY && !dead[found] ->                     /* is_running */
#ifndef ONE_FLAG
      mutex = NOBODY
#endif
    :: else ->
      found = NOBODY;
      commit_and_unlock(mine)
    fi
  }
#ifdef ONE_FLAG
  ;
  if
  :: atomic { found -> released = false; mutex = NOBODY }
  :: atomic { !found }
  fi
#endif
}

inline release() {
  atomic {
    lock();
    assert(holder == mine);
    released = true;                                          /* released_.set() */
    for (i : 1 .. 4) { event[i] = listens[i] }
    i = 0
  };
  atomic { commit_and_unlock(NOBODY) }
}

proctype task(byte me) {
  byte seen, found, i;
  {
    try_take(seen);
    if
    :: atomic { !seen }
    :: atomic { seen && hasty[me] -> goto finished }          /* try_lock */
    :: atomic { seen -> listens[me] = true; event[me] = released };   /* written_or_ended: at first it tells what was before */
      do                                                      /* take_blocking, take_in_task */
      :: atomic { !seen -> listens[me] = false; event[me] = false; break }
      :: seen ->                                              /* still_held */
#ifdef LOOK_FIRST
        try_take(found);
        event[me] = false;
#else
        event[me] = false;                                    /* watch */
        try_take(found);
#endif
        if
#ifdef FIRST_HOLDER_WATCHED
        :: atomic { !found -> seen = NOBODY }
        :: atomic { found -> found = NOBODY };
#else
        :: atomic { found != seen -> seen = found; found = NOBODY }
        :: atomic { found == seen -> found = NOBODY };
#endif
          if
#ifdef ONE_FLAG
          :: released
#else
          :: event[me]
#endif
#ifdef HEIR
          :: atomic { dead[seen] -> lock(); commit_and_unlock(mine); seen = NOBODY }
#elif !defined(END_UNSEEN)
          :: dead[seen]
#endif
          :: atomic { hasty[me] -> listens[me] = false; event[me] = false; goto finished }    /* cancelled, or out of time */
          fi
        fi
      od
    fi;
    release();
finished:
    skip
  } unless { dead[mine] }
}

init {
  byte deaths, p;
  atomic {
    if
    :: hasty[2] = true
    :: hasty[3] = true
    :: true
    fi;
    run task(1); run task(2); run task(3); run task(4)
  };
  do
  :: deaths < DEATHS ->
    atomic {
      if
      :: !dead[1] -> p = 1
      :: !dead[2] -> p = 2
      :: !dead[3] -> p = 3
      fi;
      dead[p] = true; deaths++; p = 0
    }
  :: true -> break
  od;
  _nr_pr == 1
}

/* SPDX-License-Identifier: MIT */
/*
 * State that processes share, any of which may be killed at any instruction: who waits for a permit of a semaphore gets one.
 *
 * mirrors runtime/shared/shared_page.hpp: lock, unlock, state, next_state, commit, access
 * mirrors runtime/shared/shared_page.cpp: lock, commit, next_state, lock_patiently
 * mirrors runtime/shared/wake_descriptor.cpp: set, clear, block_until_readable
 * mirrors runtime/shared/process_semaphore.cpp: try_take, release, take_blocking
 *
 * Two processes want a permit each, and one releases two; at most one of the three is killed, anywhere. When
 * nobody can go on, who has no permit and lives must sleep, and there must be no permit. The state is two copies and a number that says which counts; a copy that is being written is torn. The kernel frees the
 * mutex of a dead holder (robust); that a death can swallow the wake-up of who waits for it is what lock_patiently is for, so a
 * waiter for the mutex sees by himself that it is free.
 *
 * planted SET_AFTER_COMMIT: a release makes the permit true first and the descriptor readable then
 * planted CLEAR_UNLOCKED: the descriptor is cleared when the mutex has been left
 * planted ONE_COPY: the state is changed in place
 * planted NOT_ROBUST: the mutex of a dead process stays locked
 */
#define TORN 7

byte current;                       /* header::current */
byte states[2];                     /* header::states: the permits */
byte holder;                        /* header::mutex: the process's number, or 0 */
byte some;                          /* the eventfd, readable at first */
byte victim;                        /* who is killed */
bool dead[4], asleep[4];
byte got[4];
byte released;                      /* commits of releases */

#define me _pid

inline lock() {
  atomic {
#ifndef NOT_ROBUST
    holder == 0 || dead[holder] -> holder = me
#else
    holder == 0 -> holder = me
#endif
  }
}
inline unlock() { holder = 0 }

inline note(is_release) {                           /* the book-keeping of this model only */
  if
  :: is_release -> released++
  :: else -> got[me] = 1
  fi
}

/* access::commit */
inline commit(permits, is_release) {
#ifndef ONE_COPY
  states[(current + 1) & 1] = TORN;
  states[(current + 1) & 1] = permits;
  atomic { current = (current + 1) & 1; note(is_release) }
#else
  states[current] = TORN;
  atomic { states[current] = permits; note(is_release) }
#endif
}

proctype taker() {
  byte permits;
  {
    do
    :: lock();                                      /* try_take */
      atomic { permits = states[current]; assert(permits != TORN) };
      if
      :: permits == 0 ->
#ifdef CLEAR_UNLOCKED
        unlock();
        some = 0
#else
        some = 0;                                   /* some_.clear() */
        unlock()
#endif
      :: permits > 0 ->
        commit(permits - 1, false);
#ifdef CLEAR_UNLOCKED
        unlock();
        if
        :: permits == 1 -> some = 0
        :: else
        fi;
#else
        if
        :: permits == 1 -> some = 0
        :: else
        fi;
        unlock();
#endif
        break
      fi;
      asleep[me] = true;
end_asleep:
      atomic { some > 0 -> asleep[me] = false }     /* block_until_readable */
    od
  } unless { atomic { victim == me -> dead[me] = true } }
}

proctype releaser() {
  byte permits;
  {
    do
    :: released < 2 ->
      lock();
      atomic { permits = states[current]; assert(permits != TORN) };
#ifdef SET_AFTER_COMMIT
      commit(permits + 1, true);
      some = 1;
#else
      some = 1;                                     /* some_.set() */
      commit(permits + 1, true);
#endif
      unlock()
    :: released == 2 -> break
    od
  } unless { atomic { victim == me -> dead[me] = true } }
}

init {
  some = 1;
  atomic { run taker(); run taker(); run releaser() };
  if
  :: victim = 1
  :: victim = 2
  :: victim = 3
  :: true
  fi;
  timeout;                                          /* nobody can go on */
  assert(released == 2 || dead[3]);
  assert(got[1] || dead[1] || (asleep[1] && states[current] == 0));
  assert(got[2] || dead[2] || (asleep[2] && states[current] == 0))
}

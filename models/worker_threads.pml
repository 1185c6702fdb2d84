/* SPDX-License-Identifier: MIT */
/*
 * Worker threads that sleep: no job lies in the queue while a worker sleeps that nobody is about to wake.
 *
 * mirrors sched/job_queue.cpp: push, take, close
 * mirrors sched/job_queue.hpp: newest_, oldest_, line_, calls, closed
 * mirrors sched/worker_threads.cpp: submit, wake_somebody, take_sleeper, work, wait, look, shut, join
 * mirrors sched/worker_threads.hpp: looking_, sleeping_, wake_, looks
 *
 * Two workers, and two jobs from two threads. The jobs wait for each other, so each needs a worker of its own: if one of them is
 * left lying, both hang, which is an invalid end state. When both have run the pool is closed, and all workers must end.
 *
 * One atomic block is one access to what is shared, with what the thread then does by itself. The code makes each of them
 * sequentially consistent, so no store buffer is needed. Jobs are equal: `in_stack` of them are in the stack, `in_line` in the line.
 *
 * planted LINE_EMPTY_FOR_A_MOMENT: take empties the stack before it says that the line is not empty
 * planted NO_SECOND_LOOK: a worker that has said that it sleeps does not look at the queue again
 * planted FOUND_LATE_AND_SILENT: a worker that finds a job only then does not count as one that looks
 * planted NO_LOOK_AFTER_LOOKING: a sender that had the mark of looking and found no sleeper does not look at the queue again
 * planted FOUND_AND_SILENT: a worker that looked and has found a job wakes nobody for the others
 */
#define JOBS 2

byte in_stack;    /* newest_ */
bool closed;      /* newest_ == closed_mark() */
byte in_line;     /* the list at oldest_ */
bool oldest;      /* oldest_ != nullptr */
bool line_mutex;  /* line_ */
bool looking;     /* looking_ */
byte sleeping;    /* sleeping_ */
byte wake;        /* the semaphore wake_ */
byte began, done;

/* job_queue::calls: looks at the stack and then at the line */
inline calls(found) {
  atomic { found = in_stack > 0 || closed };
  if
  :: found
  :: atomic { !found -> found = oldest }
  fi
}

/* worker_threads::wake_somebody; leaves `flag` false */
inline wake_somebody(flag) {
  do
  :: atomic { looking -> break }                              /* looking_.load() */
  :: !looking ->
    if
    :: atomic { sleeping == 0 -> break }                      /* sleeping_.load() */
    :: sleeping > 0 ->
      if
      :: atomic { looking -> break }                          /* looking_.exchange(true) */
      :: atomic { !looking -> looking = true }
      fi;
      if
      :: atomic { sleeping > 0 -> sleeping-- };               /* take_sleeper */
        atomic { wake++; break }                              /* sem_post */
      :: sleeping == 0
      fi;
      looking = false;
#ifdef NO_LOOK_AFTER_LOOKING
      break
#else
      calls(flag);
      if
      :: atomic { flag -> flag = false }
      :: atomic { !flag -> break }
      fi
#endif
    fi
  od
}

/* job_queue::take */
inline take(job) {
  atomic { !line_mutex -> line_mutex = true };
  if
  :: oldest
  :: atomic { !oldest && in_stack == 0 }
  :: !oldest && in_stack > 0 ->
#ifdef LINE_EMPTY_FOR_A_MOMENT
    atomic { in_line = in_stack; in_stack = 0 };              /* newest_.exchange(nullptr) */
    oldest = true
#else
    oldest = true;
    atomic { in_line = in_stack; in_stack = 0 }
#endif
  fi;
  atomic {
    job = oldest;
    if
    :: oldest -> in_line--; oldest = in_line > 0              /* oldest_.store(job->next_) */
    :: else
    fi;
    line_mutex = false
  }
}

/* worker_threads::work */
proctype worker() {
  bool looks, last, flag, job;
  do
  :: last = closed;                                           /* queue_.closed() */
    take(job);
    if
    :: atomic { !job && last -> break }
    :: atomic { !job && !last };                              /* wait */
      if
      :: atomic { !looks && looking }                         /* spin.pays(): looking_.exchange(true) */
      :: atomic { !looks && !looking -> looking = true; looks = true }
      :: true                                                 /* it does not pay, or it looks already */
      fi;
      if
      :: atomic { looks -> flag = false };
        calls(flag)                                           /* look: the last of many looks counts */
      :: true
      fi;
      if
      :: atomic { flag -> flag = false }
      :: atomic { !flag };
        if
        :: atomic { looks -> looks = false; looking = false }
        :: atomic { !looks }
        fi;
        sleeping++;                                           /* sleeping_.fetch_add(1) */
#ifndef NO_SECOND_LOOK
        calls(flag);
#endif
        if
        :: atomic { flag && sleeping > 0 -> flag = false; sleeping-- };   /* take_sleeper */
#ifndef FOUND_LATE_AND_SILENT
          atomic { looks = !looking; looking = true }         /* looking_.exchange(true) */
#endif
        :: atomic { flag && sleeping == 0 -> flag = false };
          atomic { wake > 0 -> wake--; looks = true }
        :: atomic { !flag && wake > 0 -> wake--; looks = true }           /* sem_wait */
        fi
      fi
    :: atomic { job -> job = false };
      if
      :: atomic { looks -> looks = false; looking = false };
#ifndef FOUND_AND_SILENT
        calls(flag);
        if
        :: atomic { flag -> flag = false };
          wake_somebody(flag)
        :: atomic { !flag }
        fi
#endif
      :: atomic { !looks }
      fi;
      began++;                                                /* job->run() */
      atomic { began == JOBS -> done++ }
    fi
  od
}

/* worker_threads::submit */
proctype submitter() {
  bool flag;
  in_stack++;                                                 /* job_queue::push */
  wake_somebody(flag)
}

init {
  atomic { run worker(); run worker(); run submitter(); run submitter() };
  atomic { done == JOBS && !line_mutex -> line_mutex = true };        /* shut, job_queue::close */
  closed = true;
  line_mutex = false;
  do
  :: atomic { sleeping > 0 -> sleeping-- };                   /* take_sleeper, sem_post */
    wake++
  :: atomic { sleeping == 0 -> break }
  od;
  _nr_pr == 1                                                 /* join */
}

/* SPDX-License-Identifier: MIT */
/*
 * A queue between processes, any of which may be killed at any instruction: each item comes out once, whole and in order, and nobody
 * sleeps beside an item, a place or the end.
 *
 * mirrors runtime/shared/process_queue_store.cpp: try_put, try_get, write_item, read_item, put_blocking, get_blocking, put, get, shut_down
 * mirrors runtime/shared/process_queue_store.hpp: begin, end, full, items_, places_
 * mirrors runtime/shared/shared_log.cpp: free_part
 * mirrors runtime/shared/shared_page.hpp: access, commit
 *
 * One process puts two items and another one; two others get. Perhaps a fifth shuts the queue down, at once with IMMEDIATE. At most
 * one of the five is killed, anywhere. One who puts or one who gets may be cancelled while he waits. When nobody can go on, who waits
 * must have nothing to wait for. An item is its number in the order in which the items were put; the next to come is `next`.
 *
 * That a commit is one step, and that the mutex of a dead process becomes free, is shown in shared_page.pml. An item takes one place
 * in the file, where it is torn while it is written, and nothing when it was freed; memory is freed by two places (freed_at_once).
 *
 * with MAXSIZE=1
 * with MAXSIZE=2
 * with IMMEDIATE
 * planted ITEM_TOLD_LATE: a put makes the item part of the queue first, and `items` readable then
 * planted PLACE_TOLD_LATE: a get takes the item out of the queue first, and makes `places` readable then
 * planted CLEARED_LATE: who finds nothing clears the descriptor when the mutex has been left
 * planted WRITTEN_LATE: a put makes the item part of the queue before it is written
 * planted FREED_EARLY: a get frees the memory before the item is taken out of the queue
 * planted END_CLEARED: who gets the last item clears `items` although the queue is shut down
 */
#ifndef MAXSIZE
#define MAXSIZE 2
#endif
#define TORN 7
#define NOTHING 0
#define AT_ONCE 2                   /* freed_at_once */

byte mutex;                         /* of the shared page: a process */
byte begin, end, items, puts;       /* process_queue_state, as committed */
bool shut;
byte file[4];                       /* behind the page */
bool items_readable;                /* items_ */
bool places_readable = true;        /* places_ */
byte next = 1;
byte victim;                        /* who is killed */
bool dead[6], asleep[6], finished[6];
byte hasty;                         /* who is cancelled when he waits */

#define me _pid
#define may_lock (mutex == 0 || dead[mutex])
#define full (items >= MAXSIZE)

inline sleep_until(readable) {
  asleep[me] = true;
end_asleep:
  if
  :: atomic { readable -> asleep[me] = false }
  :: atomic { hasty == me -> asleep[me] = false; goto out }
  fi
}

proctype putter(byte left) {
  {
    do
    :: atomic { left == 0 -> goto out }
    :: atomic { left > 0 && may_lock -> mutex = me };                         /* try_put */
      if
      :: atomic { shut -> mutex = 0; goto out }
      :: !shut && full ->
#ifdef CLEARED_LATE
        mutex = 0;
        places_readable = false;
#else
        places_readable = false;
        mutex = 0;
#endif
        sleep_until(places_readable)
      :: atomic { !shut && !full -> file[end] = TORN };       /* write_item */
#ifndef WRITTEN_LATE
        file[end] = puts + 1;
#endif
#ifndef ITEM_TOLD_LATE
        if
        :: items == 0 -> items_readable = true
        :: items > 0
        fi;
#endif
        atomic { end++; items++; puts++; left-- };            /* commit */
#ifdef WRITTEN_LATE
        file[end - 1] = puts;
#endif
#ifdef ITEM_TOLD_LATE
        if
        :: items == 1 -> items_readable = true
        :: items > 1
        fi;
#endif
        if
        :: full -> places_readable = false
        :: !full
        fi;
        mutex = 0
      fi
    od;
out:
    finished[me] = true
  } unless { atomic { victim == me -> dead[me] = true } }
}

inline free_part() {
  atomic {
    for (i : from .. to - 1) { file[i] = NOTHING }
    i = 0; from = 0; to = 0
  }
}

proctype getter() {
  byte i, from, to;
  bool was_full;
  {
    do
    :: atomic { may_lock -> mutex = me };                                     /* try_get */
      if
      :: atomic { items == 0 && shut -> mutex = 0; goto out }
      :: items == 0 && !shut ->
#ifdef CLEARED_LATE
        mutex = 0;
        items_readable = false;
#else
        items_readable = false;
        mutex = 0;
#endif
        sleep_until(items_readable)
      :: atomic { items > 0 ->
          assert(file[begin] == next);                        /* read_item */
          from = begin - begin % AT_ONCE;
          to = begin + 1 - (begin + 1) % AT_ONCE;
          if
          :: items == 1 && end > AT_ONCE -> to = end
          :: else
          fi;
          was_full = full
        };
#ifdef FREED_EARLY
        free_part();
#endif
#ifndef PLACE_TOLD_LATE
        if
        :: was_full -> places_readable = true
        :: !was_full
        fi;
#endif
        atomic {                                              /* commit */
          items--; next++; begin++;
          if
          :: items == 0 -> begin = 0; end = 0
          :: else
          fi
        };
#ifdef PLACE_TOLD_LATE
        if
        :: was_full -> places_readable = true
        :: !was_full
        fi;
#endif
        if
#ifdef END_CLEARED
        :: items == 0 -> items_readable = false
        :: items > 0
#else
        :: items == 0 && !shut -> items_readable = false
        :: items > 0 || shut
#endif
        fi;
#ifndef FREED_EARLY
        free_part();
#endif
        atomic { was_full = false; mutex = 0 }
      fi
    od;
out:
    finished[me] = true
  } unless { atomic { victim == me -> dead[me] = true } }
}

proctype closer() {
  byte i, from, to;
  {
    atomic { may_lock -> mutex = me; to = end };                              /* shut_down */
    items_readable = true;
    places_readable = true;
#ifdef IMMEDIATE
    atomic { shut = true; begin = 0; end = 0; items = 0; next = puts + 1 };
    free_part();
#else
    shut = true;
#endif
    mutex = 0
  } unless { atomic { victim == me -> dead[me] = true } }
}

init {
  atomic {
    run putter(2); run putter(1); run getter(); run getter();
    if
    :: run closer()
    :: true
    fi;
    if
    :: hasty = 2
    :: hasty = 4
    :: true
    fi
  };
  if
  :: victim = 1
  :: victim = 2
  :: victim = 3
  :: victim = 4
  :: victim = 5
  :: true
  fi;
  timeout;                                                    /* nobody can go on */
  assert(finished[1] || dead[1] || (asleep[1] && full && !shut));
  assert(finished[2] || dead[2] || (asleep[2] && full && !shut));
  assert(finished[3] || dead[3] || (asleep[3] && items == 0 && !shut));
  assert(finished[4] || dead[4] || (asleep[4] && items == 0 && !shut));
  assert(puts + 1 - next == items)
}

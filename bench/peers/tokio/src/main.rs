// SPDX-License-Identifier: MIT
//! The workloads on tokio's current-thread runtime: tokio-peer WORKLOAD UNITS ALIVE [WARM_UP].

use std::hint::black_box;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore};
use tokio::task::{spawn, yield_now, JoinHandle};

const LATENESS_SAMPLE: usize = 16;

fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0
}

/// Processor time of all threads.
fn processor() -> f64 {
    #[repr(C)]
    struct Time(i64, i64);
    extern "C" {
        fn clock_gettime(clock: i32, time: *mut Time) -> i32;
    }
    let mut time = Time(0, 0);
    assert_eq!(unsafe { clock_gettime(2, &mut time) }, 0);
    time.0 as f64 * 1e9 + time.1 as f64
}

struct Meter {
    wall: Instant,
    processor: f64,
    memory: f64,
}

impl Meter {
    fn start() -> Meter {
        Meter { memory: peak_memory(), wall: Instant::now(), processor: processor() }
    }
    fn stop(self, units: usize, alive: usize, late: &mut Vec<f64>) {
        let n = units as f64;
        let processor = (processor() - self.processor) / n;
        let wall = self.wall.elapsed().as_nanos() as f64 / n;
        let bytes = (peak_memory() - self.memory) / alive as f64;
        print!("{{\"cpu_ns\": {:.3}, \"wall_ns\": {:.3}, \"bytes\": {:.1}", processor, wall, bytes);
        if !late.is_empty() {
            late.sort_by(f64::total_cmp);
            let p99 = late[late.len() * 99 / 100];
            print!(", \"late_p99_ms\": {:.3}, \"late_max_ms\": {:.3}", p99, late[late.len() - 1]);
        }
        println!("}}");
    }
}

#[inline(never)]
async fn child(i: usize) -> usize {
    i
}

async fn leaf(i: usize) {
    black_box(i);
}

async fn join(handles: Vec<JoinHandle<()>>) {
    for h in handles {
        h.await.unwrap();
    }
}

async fn spawn_and_join(n: usize) {
    join((0..n).map(|i| spawn(leaf(i))).collect()).await
}

async fn yields(n: usize) {
    for _ in 0..n {
        yield_now().await
    }
}

extern "C" {
    fn sched_setaffinity(thread: i32, size: usize, mask: *const u64) -> i32;
    fn sched_getaffinity(thread: i32, size: usize, mask: *mut u64) -> i32;
}

/// Lets all threads that begin from now on share one core.
fn use_one_core() {
    let mut allowed = [0u64; 16];
    unsafe { sched_getaffinity(0, 128, allowed.as_mut_ptr()) };
    let word = allowed.iter().position(|w| *w != 0).unwrap();
    let first = allowed[word] & allowed[word].wrapping_neg();
    allowed = [0u64; 16];
    allowed[word] = first;
    assert_eq!(unsafe { sched_setaffinity(0, 128, allowed.as_ptr()) }, 0);
}

async fn call_often(n: usize) {
    for i in 0..n {
        black_box(tokio::task::spawn_blocking(move || i).await.unwrap());
    }
}

async fn take_turns(lock: std::sync::Arc<tokio::sync::Mutex<()>>, n: usize) {
    let mut held = lock.lock().await;
    yield_now().await;
    for _ in 0..n {
        drop(held);
        held = lock.lock().await;
    }
    drop(held)
}

async fn sleeper(delay: Duration, sampled: bool) -> Option<f64> {
    let due = Instant::now() + delay;
    tokio::time::sleep(delay).await;
    sampled.then(|| Instant::now().saturating_duration_since(due).as_secs_f64() * 1e3)
}

async fn sleep_and_join(n: usize, late: &mut Vec<f64>) {
    let span = n as u64 * 1000;
    let mut random = 0x9e3779b97f4a7c15u64;
    let mut handles = Vec::with_capacity(n);
    for i in 0..n {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        handles.push(spawn(sleeper(Duration::from_nanos(span + random % span), i % LATENESS_SAMPLE == 0)));
    }
    for h in handles {
        late.extend(h.await.unwrap());
    }
}

async fn run(workload: &str, units: usize, alive: usize, warm_up: usize) {
    let batches = (units + alive - 1) / alive;
    let mut late = Vec::new();
    match workload {
        "await" => {
            let m = Meter::start();
            for i in 0..units {
                black_box(child(i).await);
            }
            m.stop(units, alive, &mut late)
        }
        "spawn" => {
            for _ in 0..(warm_up + alive - 1) / alive {
                spawn_and_join(alive).await
            }
            let m = Meter::start();
            for _ in 0..batches {
                spawn_and_join(alive).await
            }
            m.stop(batches * alive, alive, &mut late)
        }
        "yield" => {
            let m = Meter::start();
            join((0..alive).map(|_| spawn(yields(units / alive))).collect()).await;
            m.stop(units, alive, &mut late)
        }
        "event" => {
            let (left, right) = (std::rc::Rc::new(Notify::new()), std::rc::Rc::new(Notify::new()));
            let (here, there) = (right.clone(), left.clone());
            let local = tokio::task::LocalSet::new();
            let answer = local.spawn_local(async move {
                for _ in 0..units {
                    here.notified().await;
                    there.notify_one();
                }
            });
            let m = Meter::start();
            local
                .run_until(async move {
                    for _ in 0..units {
                        right.notify_one();
                        left.notified().await;
                    }
                    answer.await.unwrap();
                })
                .await;
            m.stop(units, alive, &mut late)
        }
        "semaphore" => {
            let (left, right) = (std::sync::Arc::new(Semaphore::new(0)), std::sync::Arc::new(Semaphore::new(0)));
            let (here, there) = (right.clone(), left.clone());
            let m = Meter::start();
            let answer = spawn(async move {
                for _ in 0..units {
                    here.acquire().await.unwrap().forget();
                    there.add_permits(1);
                }
            });
            let serve = spawn(async move {
                for _ in 0..units {
                    right.add_permits(1);
                    left.acquire().await.unwrap().forget();
                }
            });
            join(vec![answer, serve]).await;
            m.stop(units, alive, &mut late)
        }
        "queue" => {
            let (question, mut questions) = tokio::sync::mpsc::channel(1);
            let (answer, mut answers) = tokio::sync::mpsc::channel(1);
            let m = Meter::start();
            let replies = spawn(async move {
                while let Some(i) = questions.recv().await {
                    answer.send(i).await.unwrap();
                }
            });
            let asks = spawn(async move {
                for i in 0..units {
                    question.send(i).await.unwrap();
                    black_box(answers.recv().await);
                }
            });
            join(vec![replies, asks]).await;
            m.stop(units, alive, &mut late)
        }
        "to_thread" | "to_thread_cores" => {
            call_often(1000).await;
            let m = Meter::start();
            join((0..alive).map(|_| spawn(call_often(units / alive))).collect()).await;
            m.stop(units / alive * alive, alive, &mut late)
        }
        "message" | "message_cores" => {
            let (question, mut questions) = tokio::sync::mpsc::channel(1);
            let (answer, mut answers) = tokio::sync::mpsc::channel(1);
            let other = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(async move {
                    while let Some(i) = questions.recv().await {
                        answer.send(i).await.unwrap();
                    }
                })
            });
            let m = Meter::start();
            for i in 0..units {
                question.send(i).await.unwrap();
                black_box(answers.recv().await);
            }
            m.stop(units, alive, &mut late);
            drop(question);
            other.join().unwrap();
        }
        "lock" => {
            let lock = tokio::sync::Mutex::new(());
            let m = Meter::start();
            for _ in 0..units {
                black_box(lock.lock().await);
            }
            m.stop(units, alive, &mut late)
        }
        "lock_pass" => {
            let lock = std::sync::Arc::new(tokio::sync::Mutex::new(()));
            let m = Meter::start();
            join((0..2).map(|_| spawn(take_turns(lock.clone(), units / 2))).collect()).await;
            m.stop(units, alive, &mut late)
        }
        "sleep" => {
            for _ in 0..(warm_up + alive - 1) / alive {
                sleep_and_join(alive, &mut late).await
            }
            late.clear();
            let m = Meter::start();
            for _ in 0..batches {
                sleep_and_join(alive, &mut late).await
            }
            m.stop(batches * alive, alive, &mut late)
        }
        "wait_for" => {
            let m = Meter::start();
            for i in 0..units {
                black_box(tokio::time::timeout(Duration::from_secs(1), child(i)).await.unwrap());
            }
            m.stop(units, alive, &mut late)
        }
        _ => unreachable!(),
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments[0] == "--list" {
        println!("await\nto_thread\nto_thread_cores\nmessage\nmessage_cores\nspawn\nyield\nevent\nsemaphore\nqueue\nlock\nlock_pass\nsleep\nwait_for");
        return;
    }
    let number = |i: usize| arguments.get(i).map_or(0, |n| n.parse().unwrap());
    if arguments[0] == "to_thread" || arguments[0] == "message" {
        use_one_core()
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (units, alive, warm_up) = (number(1), number(2), number(3));
    runtime.block_on(async move {
        let local = tokio::task::LocalSet::new();
        if arguments[0] == "event" {
            local.run_until(run("event", units, alive, warm_up)).await
        } else {
            // A task of its own: what block_on runs is polled differently.
            let workload = arguments[0].clone();
            local
                .run_until(async move { run(&workload, units, alive, warm_up).await })
                .await
        }
    });
}

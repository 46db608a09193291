; A pool of POSIX threads for parallel loops. One loop at a time: whoever finds the pool busy runs its loop alone, so that
; many Python threads, and loops within loops, never wait for each other.
;
;   caller   takes @busy ── writes the job ── opens @state, wakes ── takes chunks ── closes @state ── waits for count 0
;   worker   spins, sleeps ────────────────── joins: count + 1 ───── takes chunks ── leaves: count − 1 ── spins, sleeps
;
; @state is the number of workers inside, plus 2^32 while the job is open. A worker can only join an open job, and the job
; is only rewritten when it is closed and the count is 0; so a late worker never sees half of it.

@limit = global ptr null, align 8                  ; to the number of threads wanted, the caller's own included

@busy = internal global i64 0, align 128
@state = internal global i64 0, align 128
@taken = internal global i64 0, align 128          ; chunks handed out
@generation = internal global i64 0, align 128     ; of jobs; a worker has seen all up to its own number
@sleepers = internal global i64 0, align 128       ; under @mutex
@workers = internal global i64 0, align 8
@ready = internal global i64 0, align 8
@mutex = internal global [16 x i64] zeroinitializer, align 128
@wake = internal global [16 x i64] zeroinitializer, align 128

; The job.
@part = internal global ptr null, align 128
@buffers = internal global ptr null
@n = internal global i64 0
@chunk = internal global i64 0
@helpers = internal global i64 0                   ; how many workers may join

declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_detach(i64)
declare i32 @pthread_attr_init(ptr)
declare i32 @pthread_attr_setstacksize(ptr, i64)
declare i32 @pthread_attr_destroy(ptr)
declare i32 @pthread_mutex_init(ptr, ptr)
declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_init(ptr, ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_signal(ptr)
declare i32 @sched_yield()

define void @parallel(ptr %part, ptr %buffers, i64 %n, i64 %chunk) {
start:
  %wanted = load ptr, ptr @limit
  %threads = load i64, ptr %wanted
  %last = sub i64 %n, 1
  %others = sdiv i64 %last, %chunk                 ; the number of chunks − 1
  %spare = sub i64 %threads, 1
  %few = icmp slt i64 %others, %spare
  %helpers = select i1 %few, i64 %others, i64 %spare
  %useless = icmp slt i64 %helpers, 1
  br i1 %useless, label %alone, label %claim
claim:
  %claimed = cmpxchg ptr @busy, i64 0, i64 1 acquire monotonic
  %mine = extractvalue { i64, i1 } %claimed, 1
  br i1 %mine, label %prepare, label %alone
alone:
  call void @serial(ptr %part, ptr %buffers, i64 %n, i64 %chunk)
  ret void
prepare:
  call void @hire(i64 %helpers)
  store ptr %part, ptr @part
  store ptr %buffers, ptr @buffers
  store i64 %n, ptr @n
  store i64 %chunk, ptr @chunk
  store i64 %helpers, ptr @helpers
  store atomic i64 0, ptr @taken monotonic, align 128
  store atomic i64 4294967296, ptr @state release, align 128
  call void @rouse(i64 %helpers)
  call void @work()
  %closed = atomicrmw sub ptr @state, i64 4294967296 acq_rel
  br label %wait
wait:
  %turn = phi i64 [ 0, %prepare ], [ %turn1, %again ]
  %inside = load atomic i64, ptr @state acquire, align 128
  %empty = icmp eq i64 %inside, 0
  br i1 %empty, label %done, label %patience
patience:
  %turn1 = add i64 %turn, 1
  %hot = icmp ult i64 %turn, 2000
  br i1 %hot, label %spin, label %yield
spin:
  pause
  br label %again
yield:
  %y = call i32 @sched_yield()
  br label %again
again:
  br label %wait
done:
  store atomic i64 0, ptr @busy release, align 128
  ret void
}

; Take chunks until none is left.
define internal void @work() {
start:
  %part = load ptr, ptr @part
  %buffers = load ptr, ptr @buffers
  %n = load i64, ptr @n
  %chunk = load i64, ptr @chunk
  br label %next
next:
  %k = atomicrmw add ptr @taken, i64 1 monotonic
  %lo = mul i64 %k, %chunk
  %more = icmp slt i64 %lo, %n
  br i1 %more, label %some, label %done
some:
  %end = add i64 %lo, %chunk
  %beyond = icmp sgt i64 %end, %n
  %hi = select i1 %beyond, i64 %n, i64 %end
  call void %part(ptr %buffers, i64 %lo, i64 %hi)
  br label %next
done:
  ret void
}

; Announce a job: spinning workers see the generation, sleeping ones are signalled.
define internal void @rouse(i64 %helpers) {
start:
  %l = call i32 @pthread_mutex_lock(ptr @mutex)
  %g = atomicrmw add ptr @generation, i64 1 release
  %asleep = load i64, ptr @sleepers
  %fewer = icmp slt i64 %asleep, %helpers
  %count = select i1 %fewer, i64 %asleep, i64 %helpers
  %u = call i32 @pthread_mutex_unlock(ptr @mutex)
  br label %next
next:
  %k = phi i64 [ 0, %start ], [ %k1, %signal ]
  %more = icmp slt i64 %k, %count
  br i1 %more, label %signal, label %done
signal:
  %s = call i32 @pthread_cond_signal(ptr @wake)
  %k1 = add i64 %k, 1
  br label %next
done:
  ret void
}

; Start workers until there are as many; fewer if the system refuses.
define internal void @hire(i64 %helpers) {
start:
  %attributes = alloca [16 x i64], align 16
  %thread = alloca i64, align 8
  %once = load i64, ptr @ready
  %is.ready = icmp ne i64 %once, 0
  br i1 %is.ready, label %check, label %first
first:
  %m = call i32 @pthread_mutex_init(ptr @mutex, ptr null)
  %c = call i32 @pthread_cond_init(ptr @wake, ptr null)
  store i64 1, ptr @ready
  br label %check
check:
  %have = load i64, ptr @workers
  %enough = icmp sge i64 %have, %helpers
  br i1 %enough, label %done, label %start.one
start.one:
  %ai = call i32 @pthread_attr_init(ptr %attributes)
  %as = call i32 @pthread_attr_setstacksize(ptr %attributes, i64 8388608)
  %failed = call i32 @pthread_create(ptr %thread, ptr %attributes, ptr @worker, ptr null)
  %ad = call i32 @pthread_attr_destroy(ptr %attributes)
  %bad = icmp ne i32 %failed, 0
  br i1 %bad, label %done, label %started
started:
  %id = load i64, ptr %thread
  %d = call i32 @pthread_detach(i64 %id)
  %now = add i64 %have, 1
  store i64 %now, ptr @workers
  br label %check
done:
  ret void
}

define internal ptr @worker(ptr %nothing) {
start:
  br label %look
look:                                              ; is there a job that we have not seen?
  %seen = phi i64 [ 0, %start ], [ %g, %join ], [ %g, %leave ], [ %seen, %asleep.done ], [ %seen, %pausing ]
  %turn = phi i64 [ 0, %start ], [ 0, %join ], [ 0, %leave ], [ 0, %asleep.done ], [ %turn1, %pausing ]
  %g = load atomic i64, ptr @generation acquire, align 128
  %same = icmp eq i64 %g, %seen
  br i1 %same, label %idle, label %join
idle:
  %turn1 = add i64 %turn, 1
  %hot = icmp ult i64 %turn, 1500
  br i1 %hot, label %pausing, label %sleep
pausing:
  pause
  br label %look
sleep:
  %l = call i32 @pthread_mutex_lock(ptr @mutex)
  %z = load i64, ptr @sleepers
  %z1 = add i64 %z, 1
  store i64 %z1, ptr @sleepers
  br label %asleep
asleep:
  %g1 = load atomic i64, ptr @generation acquire, align 128
  %still = icmp eq i64 %g1, %seen
  br i1 %still, label %doze, label %asleep.done
doze:
  %w = call i32 @pthread_cond_wait(ptr @wake, ptr @mutex)
  br label %asleep
asleep.done:
  %y = load i64, ptr @sleepers
  %y1 = sub i64 %y, 1
  store i64 %y1, ptr @sleepers
  %u = call i32 @pthread_mutex_unlock(ptr @mutex)
  br label %look
join:
  %state = load atomic i64, ptr @state acquire, align 128
  %open = icmp uge i64 %state, 4294967296
  %inside = and i64 %state, 4294967295
  %room = load i64, ptr @helpers
  %fits = icmp slt i64 %inside, %room
  %may = and i1 %open, %fits
  br i1 %may, label %enter, label %look
enter:
  %more = add i64 %state, 1
  %swapped = cmpxchg ptr @state, i64 %state, i64 %more acq_rel monotonic
  %entered = extractvalue { i64, i1 } %swapped, 1
  br i1 %entered, label %help, label %join
help:
  call void @work()
  %left = atomicrmw sub ptr @state, i64 1 acq_rel
  br label %leave
leave:
  br label %look
}

; In the child of a fork there are no workers, whatever the parent was doing.
define void @reset() {
  store i64 0, ptr @busy
  store i64 0, ptr @state
  store i64 0, ptr @sleepers
  store i64 0, ptr @workers
  store i64 0, ptr @ready
  ret void
}

define i64 @count() {
  %n = load i64, ptr @workers
  ret i64 %n
}

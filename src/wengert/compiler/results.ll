; The second half of trampoline.ll: memory for the results, their nesting, and scratch memory.

; ------------------------------------------------------------------------------------------------------------- the results

; Memory for the outputs: a new array (0), a place on the stack (1), an argument's own array (2), a large new array (3).
define internal i1 @allocate(ptr %e, ptr %objects, ptr %buffers, ptr %ob, ptr %results, ptr %scalars) {
start:
  %outs = get Entry.outputs %e
  %specs = get Entry.outs %e
  %bytes = shl i64 %outs, 3
  call void @llvm.memset.p0.i64(ptr %results, i8 0, i64 %bytes, i1 false)
  %ndarray = api PyArray_Type
  br label %next
next:
  %j = phi i64 [ 0, %start ], [ %j1, %store ]
  %more = icmp ult i64 %j, %outs
  br i1 %more, label %look, label %yes
yes:
  ret i1 true
no:
  ret i1 false
look:
  %off = mul i64 %j, sizeof(Output)
  %s = getelementptr i8, ptr %specs, i64 %off
  %rp = getelementptr ptr, ptr %results, i64 %j
  %kind = get Output.kind %s
  switch i64 %kind, label %new [ i64 1, label %scalar
                                 i64 2, label %reuse
                                 i64 3, label %large ]
new:
  %descr = get Output.descr %s
  %nd = get Output.nd %s
  %dims = get Output.dims %s
  api Py_IncRef(ptr %descr)                        ; PyArray_NewFromDescr takes one
  %a = api PyArray_NewFromDescr(ptr %ndarray, ptr %descr, i32 %nd, ptr %dims, ptr null, ptr null, i32 0, ptr null)
  store ptr %a, ptr %rp
  %failed = icmp eq ptr %a, null
  br i1 %failed, label %no, label %made
made:
  %data = get Array.data %a
  br label %store
large:                                             ; an ordinary array whose memory is ours
  %lbytes = get Output.reuse %s
  %block = call ptr @block.take(i64 %lbytes)
  %full = icmp eq ptr %block, null
  br i1 %full, label %nomemory, label %array
nomemory:
  api PyErr_NoMemory()
  ret i1 false
array:
  %ldescr = get Output.descr %s
  %lnd = get Output.nd %s
  %ldims = get Output.dims %s
  api Py_IncRef(ptr %ldescr)
  %l = api PyArray_NewFromDescr(ptr %ndarray, ptr %ldescr, i32 %lnd, ptr %ldims, ptr null, ptr %block, i32 1281, ptr null)
  store ptr %l, ptr %rp
  %lfailed = icmp eq ptr %l, null
  br i1 %lfailed, label %lost, label %own
lost:
  call void @block.return(ptr %block)
  ret i1 false
own:
  %capsule = load ptr, ptr @capsule
  api Py_IncRef(ptr %capsule)
  set Array.handler %l, %capsule
  %lflags = get Array.flags %l
  %owned = or i32 %lflags, 4                       ; NPY_ARRAY_OWNDATA
  set Array.flags %l, %owned
  br label %store
scalar:
  %so = shl i64 %j, 5
  %place = getelementptr i8, ptr %scalars, i64 %so
  br label %store
reuse:
  %r = get Output.reuse %s
  %op = getelementptr ptr, ptr %objects, i64 %r
  %o = load ptr, ptr %op
  api Py_IncRef(ptr %o)
  store ptr %o, ptr %rp
  %ip = getelementptr ptr, ptr %buffers, i64 %r
  %same = load ptr, ptr %ip
  br label %store
store:
  %p = phi ptr [ %data, %made ], [ %place, %scalar ], [ %same, %reuse ], [ %block, %own ]
  %bp = getelementptr ptr, ptr %ob, i64 %j
  store ptr %p, ptr %bp
  %j1 = add i64 %j, 1
  br label %next
}

; Make NumPy scalars of the outputs that have no axes.
define internal i1 @scalars(ptr %e, ptr %ob, ptr %results) {
start:
  %outs = get Entry.outputs %e
  %specs = get Entry.outs %e
  br label %next
next:
  %j = phi i64 [ 0, %start ], [ %j1, %again ]
  %more = icmp ult i64 %j, %outs
  br i1 %more, label %look, label %yes
yes:
  ret i1 true
no:
  ret i1 false
look:
  %off = mul i64 %j, sizeof(Output)
  %s = getelementptr i8, ptr %specs, i64 %off
  %kind = get Output.kind %s
  %is = icmp eq i64 %kind, 1
  br i1 %is, label %make, label %again
make:
  %bp = getelementptr ptr, ptr %ob, i64 %j
  %p = load ptr, ptr %bp
  %descr = get Output.descr %s
  %o = api PyArray_Scalar(ptr %p, ptr %descr, ptr null)
  %rp = getelementptr ptr, ptr %results, i64 %j
  store ptr %o, ptr %rp
  %failed = icmp eq ptr %o, null
  br i1 %failed, label %no, label %again
again:
  %j1 = add i64 %j, 1
  br label %next
}

; Nest the results as Entry.recipe says: 1 k push result k, 4 k push constant k, 2 n tuple of the last n, 3 n list of them,
; 5 n dict of the last n pairs, 0 end.
define internal ptr @result(ptr %e, ptr %results) {
start:
  %finish = get Entry.finish %e
  %plain = icmp eq ptr %finish, null
  br i1 %plain, label %room, label %python
python:
  %outs = get Entry.outputs %e
  %v = api PyObject_Vectorcall(ptr %finish, ptr %results, i64 %outs, ptr null)
  ret ptr %v
room:
  %depth = get Entry.depth %e
  %stack = alloca ptr, i64 %depth, align 16
  %recipe = get Entry.recipe %e
  %leaves = get Entry.leaves %e
  br label %next
next:
  %w = phi ptr [ %recipe, %room ], [ %w1, %push ]
  %top = phi i64 [ 0, %room ], [ %top1, %push ]
  %code = load i64, ptr %w
  %ap = getelementptr i64, ptr %w, i64 1
  %w1 = getelementptr i64, ptr %w, i64 2
  switch i64 %code, label %group [ i64 0, label %end
                                   i64 1, label %take
                                   i64 4, label %constant
                                   i64 5, label %mapping ]
end:
  %answer = load ptr, ptr %stack
  ret ptr %answer
take:
  %tk = load i64, ptr %ap
  %tp = getelementptr ptr, ptr %results, i64 %tk
  br label %leaf
constant:
  %ck = load i64, ptr %ap
  %cp = getelementptr ptr, ptr %leaves, i64 %ck
  br label %leaf
leaf:
  %lp = phi ptr [ %tp, %take ], [ %cp, %constant ]
  %l = load ptr, ptr %lp
  api Py_IncRef(ptr %l)
  br label %push
group:
  %n = load i64, ptr %ap
  %base = sub i64 %top, %n
  %is.list = icmp eq i64 %code, 3
  br i1 %is.list, label %list, label %tuple
list:
  %lo = api PyList_New(i64 %n)
  br label %fill
tuple:
  %to = api PyTuple_New(i64 %n)
  br label %fill
fill:
  %g = phi ptr [ %lo, %list ], [ %to, %tuple ]
  %failed = icmp eq ptr %g, null
  br i1 %failed, label %undo, label %items
undo:
  call void @drop(ptr %stack, i64 %top)
  ret ptr null
items:
  %inline = getelementptr i8, ptr %g, i64 24
  br i1 %is.list, label %pointed, label %copy
pointed:
  %away = load ptr, ptr %inline
  br label %copy
copy:
  %into = phi ptr [ %inline, %items ], [ %away, %pointed ]
  %from = getelementptr ptr, ptr %stack, i64 %base
  %bytes = shl i64 %n, 3
  call void @llvm.memcpy.p0.p0.i64(ptr %into, ptr %from, i64 %bytes, i1 false)
  br label %push
mapping:
  %pairs = load i64, ptr %ap
  %both = shl i64 %pairs, 1
  %below = sub i64 %top, %both
  %first = getelementptr ptr, ptr %stack, i64 %below
  %d = api PyDict_New()
  %refused = icmp eq ptr %d, null
  br i1 %refused, label %undo, label %pair
pair:
  %i = phi i64 [ 0, %mapping ], [ %i1, %entered ]
  %left = icmp ult i64 %i, %pairs
  br i1 %left, label %enter, label %filled
enter:
  %twice = shl i64 %i, 1
  %kp = getelementptr ptr, ptr %first, i64 %twice
  %vp = getelementptr ptr, ptr %kp, i64 1
  %key = load ptr, ptr %kp
  %entry = load ptr, ptr %vp
  %set = api PyDict_SetItem(ptr %d, ptr %key, ptr %entry)
  %bad = icmp ne i32 %set, 0
  br i1 %bad, label %spoilt, label %entered
entered:
  %i1 = add i64 %i, 1
  br label %pair
spoilt:
  api Py_DecRef(ptr %d)
  br label %undo
filled:
  call void @drop(ptr %first, i64 %both)
  br label %push
push:
  %x = phi ptr [ %l, %leaf ], [ %g, %copy ], [ %d, %filled ]
  %place = phi i64 [ %top, %leaf ], [ %base, %copy ], [ %below, %filled ]
  %xp = getelementptr ptr, ptr %stack, i64 %place
  store ptr %x, ptr %xp
  %top1 = add i64 %place, 1
  br label %next
}

; ------------------------------------------------------------------------------------------------- references and scratch

define internal void @hold(ptr %objects, i64 %n) {
start:
  br label %next
next:
  %k = phi i64 [ 0, %start ], [ %k1, %one ]
  %more = icmp ult i64 %k, %n
  br i1 %more, label %one, label %end
one:
  %p = getelementptr ptr, ptr %objects, i64 %k
  %o = load ptr, ptr %p
  api Py_IncRef(ptr %o)
  %k1 = add i64 %k, 1
  br label %next
end:
  ret void
}

define internal void @drop(ptr %objects, i64 %n) {
start:
  br label %next
next:
  %k = phi i64 [ 0, %start ], [ %k1, %one ]
  %more = icmp ult i64 %k, %n
  br i1 %more, label %one, label %end
one:
  %p = getelementptr ptr, ptr %objects, i64 %k
  %o = load ptr, ptr %p
  api Py_DecRef(ptr %o)
  %k1 = add i64 %k, 1
  br label %next
end:
  ret void
}

; Scratch memory of 2^c bytes. One block of each size waits in @blocks for the next call, whichever function makes it.
define internal ptr @borrow(i64 %need) {
start:
  %padded = add i64 %need, 64
  %zeros = call i64 @llvm.ctlz.i64(i64 %padded, i1 false)
  %c = sub i64 64, %zeros
  %slot = getelementptr i64, ptr @blocks, i64 %c
  %waiting = atomicrmw xchg ptr %slot, i64 0 acquire
  %none = icmp eq i64 %waiting, 0
  br i1 %none, label %new, label %old
old:
  %p = inttoptr i64 %waiting to ptr
  ret ptr %p
new:
  %size = shl i64 1, %c
  %q = api PyMem_RawMalloc(i64 %size)
  ret ptr %q
}

define internal void @giveback(ptr %block, i64 %need) {
start:
  %nothing = icmp eq ptr %block, null
  br i1 %nothing, label %end, label %back
back:
  %padded = add i64 %need, 64
  %zeros = call i64 @llvm.ctlz.i64(i64 %padded, i1 false)
  %c = sub i64 64, %zeros
  %slot = getelementptr i64, ptr @blocks, i64 %c
  %b = ptrtoint ptr %block to i64
  %before = atomicrmw xchg ptr %slot, i64 %b acq_rel
  %was = inttoptr i64 %before to ptr
  %empty = icmp eq i64 %before, 0
  br i1 %empty, label %end, label %release
release:
  api PyMem_RawFree(ptr %was)
  br label %end
end:
  ret void
}

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare i64 @llvm.ctlz.i64(i64, i1)

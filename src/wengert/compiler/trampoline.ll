; The call path of compiled functions: from Python objects to a kernel's buffers and back, without leaving native code.
;
; Three abbreviations are spelled out by layout.py, which declares the structures and the functions:
;   %x = get Entry.kernel %e               load a field
;   set Entry.calls %e, %n                 store a field
;   %r = api PyTuple_New(i64 %n)           call a function of the C API of Python or NumPy, through the table @api
;   %t = api PyTuple_Type                  the address of an object of that API
;
; A call tries the entry that matched last, then the others. An entry that does not match answers -1 ("not mine").

@api = global [64 x ptr] zeroinitializer, align 16
@blocks = internal global [64 x i64] zeroinitializer, align 16
@yes = internal constant i64 1
@no = internal constant i64 0

; ------------------------------------------------------------------------------------------------ the object's vectorcall

define ptr @vectorcall(ptr %self, ptr %args, i64 %nargsf, ptr %names) {
start:
  %n = and i64 %nargsf, 9223372036854775807        ; the highest bit says something about args[-1]
  %entries = get Dispatcher.entries %self
  %cleared = icmp eq ptr %entries, null            ; by the garbage collector
  br i1 %cleared, label %fallback, label %words
words:                                             ; values of keywords follow the positional arguments
  %named = icmp ne ptr %names, null
  br i1 %named, label %keywords, label %search
keywords:
  %some = get Var.size %names
  br label %search
search:
  %words.n = phi i64 [ 0, %words ], [ %some, %keywords ]
  %all = add i64 %n, %words.n
  api Py_IncRef(ptr %entries)                      ; it keeps the table, whatever the call does
  %holder = get Tuple.first %entries               ; an array of integers
  %table = get Array.data %holder
  %count = get Table.count %table
  %last = get Table.last %table
  br label %next
next:
  %k = phi i64 [ 0, %search ], [ %k1, %missed ]
  %more = icmp ult i64 %k, %count
  br i1 %more, label %try, label %none
try:
  %turn = add i64 %last, %k
  %over = icmp uge i64 %turn, %count
  %wrapped = sub i64 %turn, %count
  %which = select i1 %over, i64 %wrapped, i64 %turn
  %ep = getelementptr ptr, ptr %table, i64 %which
  %e = get Table.first %ep
  %r = call ptr @run(ptr %e, ptr %args, i64 %all, ptr %names, i64 %words.n)
  %mine = icmp ne ptr %r, inttoptr (i64 -1 to ptr)
  br i1 %mine, label %found, label %missed
missed:
  %k1 = add i64 %k, 1
  br label %next
found:
  set Table.last %table, %which
  api Py_DecRef(ptr %entries)
  ret ptr %r
none:
  api Py_DecRef(ptr %entries)
  br label %fallback
fallback:
  %f = get Dispatcher.fallback %self
  %lost = icmp eq ptr %f, null
  br i1 %lost, label %dead, label %call
dead:
  api PyErr_BadInternalCall()
  ret ptr null
call:
  api Py_IncRef(ptr %f)
  %v = api PyObject_Vectorcall(ptr %f, ptr %args, i64 %nargsf, ptr %names)
  api Py_DecRef(ptr %f)
  ret ptr %v
}

; -------------------------------------------------------------------------------------------------- one entry: match, run

define internal ptr @run(ptr %e, ptr %args, i64 %n, ptr %names, i64 %words) {
start:
  %wanted = get Entry.arguments %e
  %fits = icmp eq i64 %wanted, %n
  %spelt = get Entry.words %e
  %spells = icmp eq i64 %spelt, %words
  %counted = and i1 %fits, %spells
  br i1 %counted, label %word, label %other
other:
  ret ptr inttoptr (i64 -1 to ptr)
word:                                              ; the same keywords in the same order?
  %i = phi i64 [ 0, %start ], [ %i1, %read ]
  %left = icmp ult i64 %i, %words
  br i1 %left, label %read, label %room
read:
  %first = getelementptr i8, ptr %names, i64 24
  %gp = getelementptr ptr, ptr %first, i64 %i
  %given = load ptr, ptr %gp
  %known = get Entry.names %e
  %kp = getelementptr ptr, ptr %known, i64 %i
  %name = load ptr, ptr %kp
  %i1 = add i64 %i, 1
  %named = call i1 @equal(ptr %given, ptr %name)
  br i1 %named, label %word, label %other
room:
  %ins = get Entry.inputs %e
  %outs = get Entry.outputs %e
  %total = get Entry.buffers %e
  %buffers = alloca ptr, i64 %total, align 16
  %objects = alloca ptr, i64 %ins, align 16
  %numbers = alloca i64, i64 %ins, align 16
  %most = get Entry.made %e
  %made.objects = alloca ptr, i64 %most, align 16  ; what matching made: copies of arrays, attributes
  %made.n = alloca i64, align 8
  store i64 0, ptr %made.n
  %matched = call i1 @match(ptr %e, ptr %args, ptr %buffers, ptr %objects, ptr %numbers, ptr %made.objects, ptr %made.n)
  br i1 %matched, label %mine, label %unmake
unmake:
  %unmade = load i64, ptr %made.n
  call void @drop(ptr %made.objects, i64 %unmade)
  br label %other
mine:
  %calls = get Entry.calls %e
  %calls1 = add i64 %calls, 1
  set Entry.calls %e, %calls1
  %owner = get Entry.owner %e
  api Py_IncRef(ptr %owner)                        ; an allocation may run the garbage collector, which may run anything
  %hold = get Entry.hold %e
  %held = icmp ne i64 %hold, 0
  br i1 %held, label %take, label %prepare
take:
  call void @hold(ptr %objects, i64 %ins)
  br label %prepare
prepare:
  %results = alloca ptr, i64 %outs, align 16
  %bytes = shl i64 %outs, 5
  %scalars = alloca i8, i64 %bytes, align 32
  %ob = getelementptr ptr, ptr %buffers, i64 %ins
  %made = call i1 @allocate(ptr %e, ptr %objects, ptr %buffers, ptr %ob, ptr %results, ptr %scalars)
  br i1 %made, label %copy, label %failed
copy:
  %readable = call i1 @regular(ptr %e, ptr %objects, ptr %buffers, ptr %made.objects, ptr %made.n)
  br i1 %readable, label %arena, label %failed
arena:
  %need = get Entry.arena %e
  %small = icmp ult i64 %need, 16385
  %local = select i1 %small, i64 %need, i64 0
  %stack = alloca i8, i64 %local, align 64
  %constants = get Entry.constants %e
  %cp = getelementptr ptr, ptr %ob, i64 %outs
  %pointers = get Entry.pointers %e
  %cbytes = shl i64 %constants, 3
  call void @llvm.memcpy.p0.p0.i64(ptr %cp, ptr %pointers, i64 %cbytes, i1 false)
  %ap = getelementptr ptr, ptr %cp, i64 %constants
  %rp = getelementptr ptr, ptr %ap, i64 1
  %runtime = get Entry.runtime %e
  store ptr %runtime, ptr %rp
  br i1 %small, label %onstack, label %onheap
onstack:
  store ptr %stack, ptr %ap
  br label %go
onheap:
  %block = call ptr @borrow(i64 %need)
  %none = icmp eq ptr %block, null
  br i1 %none, label %nomemory, label %align
nomemory:
  api PyErr_NoMemory()
  br label %failed
align:
  %bi = ptrtoint ptr %block to i64
  %bj = add i64 %bi, 63
  %bk = and i64 %bj, -64
  %aligned = inttoptr i64 %bk to ptr
  store ptr %aligned, ptr %ap
  br label %go
go:
  %lent = phi ptr [ null, %onstack ], [ %block, %align ]
  %kernel = get Entry.kernel %e
  %release = get Entry.release %e
  %long = icmp ne i64 %release, 0
  br i1 %long, label %without, label %with
without:
  %state = api PyEval_SaveThread()
  %status1 = call i32 %kernel(ptr %buffers)
  api PyEval_RestoreThread(ptr %state)
  br label %after
with:
  %status2 = call i32 %kernel(ptr %buffers)
  br label %after
after:
  %status = phi i32 [ %status1, %without ], [ %status2, %with ]
  call void @giveback(ptr %lent, i64 %need)
  %well = icmp eq i32 %status, 0
  br i1 %well, label %wrap, label %gaveup
wrap:
  %wrapped = call i1 @scalars(ptr %e, ptr %ob, ptr %results)
  br i1 %wrapped, label %build, label %failed
build:
  %value = call ptr @result(ptr %e, ptr %results)
  br label %clean
gaveup:                                            ; the kernel declines: as if the entry had not matched
  br label %clean
failed:
  br label %clean
clean:
  %answer = phi ptr [ %value, %build ], [ inttoptr (i64 -1 to ptr), %gaveup ], [ null, %failed ]
  call void @drop(ptr %results, i64 %outs)
  br i1 %held, label %let, label %end
let:
  call void @drop(ptr %objects, i64 %ins)
  br label %end
end:
  %made.count = load i64, ptr %made.n
  call void @drop(ptr %made.objects, i64 %made.count)
  api Py_DecRef(ptr %owner)
  ret ptr %answer
}

; ----------------------------------------------------------------------------------------------------------- the arguments

; Walk the nested arguments as Entry.walk says:
;   1 k         input k                       5 n k1 ... kn     a dict of these keys, in this order
;   7 k         input k once more             9 t n a1 ... an   an object of type t: these attributes of it
;   6 o         this very object              2 t n             n items of a tuple of type t (or a namedtuple)
;   8 o         an equal one, of its type     3 t n             n items of a list
;   0           the end                       4                 back up
define internal i1 @match(ptr %e, ptr %args, ptr %buffers, ptr %objects, ptr %numbers, ptr %made, ptr %count.made) {
start:
  %walk0 = get Entry.walk %e
  %specs = get Entry.ins %e
  %levels = get Entry.levels %e
  %above = alloca ptr, i64 %levels, align 16       ; the cursors of the containers that we are inside
  %over = alloca i32, align 4
  %cursor = alloca i64, align 8
  %own = alloca ptr, align 8
  br label %next
next:
  %w = phi ptr [ %walk0, %start ], [ %wn, %stored ], [ %wt, %down ], [ %wl, %up ], [ %wn, %exact ], [ %wn, %again ], [ %wn, %like ], [ %wd, %found ], [ %wa, %gotten ]
  %at = phi ptr [ %args, %start ], [ %at1, %stored ], [ %inside, %down ], [ %back, %up ], [ %at1, %exact ], [ %at1, %again ], [ %at1, %like ], [ %values, %found ], [ %fields, %gotten ]
  %depth = phi i64 [ 0, %start ], [ %depth, %stored ], [ %deeper, %down ], [ %higher, %up ], [ %depth, %exact ], [ %depth, %again ], [ %depth, %like ], [ %below, %found ], [ %lower, %gotten ]
  %code = load i64, ptr %w
  %wl = getelementptr i64, ptr %w, i64 1
  %wn = getelementptr i64, ptr %w, i64 2
  %wt = getelementptr i64, ptr %w, i64 3
  %at1 = getelementptr ptr, ptr %at, i64 1
  switch i64 %code, label %container [ i64 0, label %yes
                                       i64 1, label %leaf
                                       i64 4, label %up
                                       i64 5, label %dict
                                       i64 6, label %exact
                                       i64 7, label %again
                                       i64 8, label %like
                                       i64 9, label %object ]
yes:
  %check = get Entry.reuses %e
  %any = icmp ne i64 %check, 0
  br i1 %any, label %overlap, label %ok
overlap:
  %apart = call i1 @apart(ptr %e, ptr %buffers)
  ret i1 %apart
ok:
  ret i1 true
no:
  ret i1 false
up:
  %higher = sub i64 %depth, 1
  %upp = getelementptr ptr, ptr %above, i64 %higher
  %back = load ptr, ptr %upp
  br label %next
exact:
  %given = load ptr, ptr %at
  %wished = load ptr, ptr %wl
  %identical = icmp eq ptr %given, %wished
  br i1 %identical, label %next, label %no
again:
  %second = load ptr, ptr %at
  %which = load i64, ptr %wl
  %fp = getelementptr ptr, ptr %objects, i64 %which
  %before = load ptr, ptr %fp
  %repeated = icmp eq ptr %second, %before
  br i1 %repeated, label %next, label %no
like:
  %one = load ptr, ptr %at
  %two = load ptr, ptr %wl
  %equals = call i1 @equal(ptr %one, ptr %two)
  br i1 %equals, label %next, label %no
object:
  %x = load ptr, ptr %at
  %xtype = get Object.type %x
  %class = load ptr, ptr %wl
  %instance = icmp eq ptr %xtype, %class
  br i1 %instance, label %attributes, label %no
attributes:
  %names = load i64, ptr %wn
  %fields = alloca ptr, i64 %names, align 8
  br label %attribute
attribute:
  %j = phi i64 [ 0, %attributes ], [ %j1, %got ]
  %remain = icmp ult i64 %j, %names
  br i1 %remain, label %ask, label %gotten
ask:
  %ap = getelementptr ptr, ptr %wt, i64 %j
  %called = load ptr, ptr %ap
  %field = api PyObject_GetAttr(ptr %x, ptr %called)
  %lacking = icmp eq ptr %field, null
  br i1 %lacking, label %missing, label %got
got:
  call void @note(ptr %field, ptr %made, ptr %count.made)
  %fieldp = getelementptr ptr, ptr %fields, i64 %j
  store ptr %field, ptr %fieldp
  %j1 = add i64 %j, 1
  br label %attribute
gotten:
  %wa = getelementptr ptr, ptr %wt, i64 %names
  %again.at = getelementptr ptr, ptr %above, i64 %depth
  store ptr %at1, ptr %again.at
  %lower = add i64 %depth, 1
  br label %next
missing:
  api PyErr_Clear()
  br label %no
dict:
  %mapping = load ptr, ptr %at
  %mtype = get Object.type %mapping
  %dicts = api PyDict_Type
  %is.dict = icmp eq ptr %mtype, %dicts
  br i1 %is.dict, label %measure, label %no
measure:
  %filled = api PyDict_Size(ptr %mapping)
  %keys = load i64, ptr %wl
  %full = icmp eq i64 %filled, %keys
  br i1 %full, label %open, label %no
open:
  %values = alloca ptr, i64 %keys, align 8
  store i64 0, ptr %cursor
  br label %key
key:
  %i = phi i64 [ 0, %open ], [ %i1, %keep ]
  %some = icmp ult i64 %i, %keys
  br i1 %some, label %find, label %found
find:
  %kp = getelementptr ptr, ptr %wn, i64 %i
  %name = load ptr, ptr %kp
  %vp = getelementptr ptr, ptr %values, i64 %i
  %there = api PyDict_Next(ptr %mapping, ptr %cursor, ptr %own, ptr %vp)
  %absent = icmp eq i32 %there, 0
  br i1 %absent, label %no, label %keep
keep:
  %its = load ptr, ptr %own
  %i1 = add i64 %i, 1
  %agrees = call i1 @equal(ptr %its, ptr %name)
  br i1 %agrees, label %key, label %no
found:
  %wd = getelementptr i64, ptr %wn, i64 %keys
  %return = getelementptr ptr, ptr %above, i64 %depth
  store ptr %at1, ptr %return
  %below = add i64 %depth, 1
  br label %next
container:
  %c = load ptr, ptr %at
  %ctype = get Object.type %c
  %expected = load ptr, ptr %wl
  %is.list = icmp eq i64 %code, 3
  %right = icmp eq ptr %ctype, %expected
  br i1 %right, label %count, label %no
count:
  %has = get Var.size %c
  %must = load i64, ptr %wn
  %equal = icmp eq i64 %has, %must
  br i1 %equal, label %enter, label %no
enter:
  %saved = getelementptr ptr, ptr %above, i64 %depth
  store ptr %at1, ptr %saved
  %deeper = add i64 %depth, 1
  %inline = getelementptr i8, ptr %c, i64 24
  br i1 %is.list, label %pointed, label %down
pointed:
  %items = load ptr, ptr %inline
  br label %down
down:
  %inside = phi ptr [ %inline, %enter ], [ %items, %pointed ]
  br label %next
leaf:
  %o = load ptr, ptr %at
  %k = load i64, ptr %wl
  %so = mul i64 %k, sizeof(Input)
  %s = getelementptr i8, ptr %specs, i64 %so
  %op = getelementptr ptr, ptr %objects, i64 %k
  store ptr %o, ptr %op
  %type = get Object.type %o
  %want = get Input.type %s
  %typed = icmp eq ptr %type, %want
  br i1 %typed, label %kinds, label %loose
loose:
  %other = get Input.scalar %s
  %scalar = icmp eq ptr %type, %other
  br i1 %scalar, label %behind, label %no
kinds:
  %kind = get Input.kind %s
  switch i64 %kind, label %array [ i64 1, label %behind
                                   i64 2, label %truth
                                   i64 3, label %integer ]
array:
  %nd = get Array.nd %o
  %snd = get Input.nd %s
  %nds = icmp eq i32 %nd, %snd
  %flags = get Array.flags %o
  %must.flags = get Input.flags %s
  %masked = and i32 %flags, %must.flags
  %flagged = icmp eq i32 %masked, %must.flags
  %descr = get Array.descr %o
  %num = get Descr.type_num %descr
  %snum = get Input.type_num %s
  %nums = icmp eq i32 %num, %snum
  %order = get Descr.byteorder %descr
  %sorder = get Input.byteorder %s
  %orders = icmp eq i8 %order, %sorder
  %alike = and i1 %nds, %nums
  %ready = and i1 %flagged, %orders
  br i1 %alike, label %shape, label %no
shape:
  %dims = get Array.dims %o
  %sdims = get Input.dims %s
  %nd64 = zext i32 %nd to i64
  br label %axis
axis:
  %d = phi i64 [ 0, %shape ], [ %d1, %axis.same ]
  %axes = icmp ult i64 %d, %nd64
  br i1 %axes, label %axis.look, label %array.fits
axis.look:
  %dp = getelementptr i64, ptr %dims, i64 %d
  %sp = getelementptr i64, ptr %sdims, i64 %d
  %len = load i64, ptr %dp
  %slen = load i64, ptr %sp
  %lens = icmp eq i64 %len, %slen
  br i1 %lens, label %axis.same, label %no
axis.same:
  %d1 = add i64 %d, 1
  br label %axis
array.fits:
  br i1 %ready, label %array.ok, label %copy
array.ok:
  %data = get Array.data %o
  br label %stored
copy:                                              ; @regular will, unless it is to be written to
  %written = and i32 %must.flags, 1024
  %fixed = icmp ne i32 %written, 0
  br i1 %fixed, label %no, label %stored
behind:                                            ; float and NumPy's scalars keep their value behind the header
  %value = getelementptr i8, ptr %o, i64 16
  br label %stored
truth:
  %true = api Py_True
  %is.true = icmp eq ptr %o, %true
  %bool = select i1 %is.true, ptr @yes, ptr @no
  br label %stored
integer:
  %np = getelementptr i64, ptr %numbers, i64 %k
  %long = api PyLong_AsLongLongAndOverflow(ptr %o, ptr %over)
  store i64 %long, ptr %np
  %ov = load i32, ptr %over
  %in = icmp eq i32 %ov, 0
  br i1 %in, label %stored, label %no
stored:
  %p = phi ptr [ %data, %array.ok ], [ null, %copy ], [ %value, %behind ], [ %bool, %truth ], [ %np, %integer ]
  %bp = getelementptr ptr, ptr %buffers, i64 %k
  store ptr %p, ptr %bp
  br label %next
}

; Whether two objects are one, or of one type and equal; the type is Python's str, bytes, int or float.
define internal i1 @equal(ptr %a, ptr %b) {
start:
  %identical = icmp eq ptr %a, %b
  br i1 %identical, label %yes, label %types
yes:
  ret i1 true
no:
  ret i1 false
types:
  %at = get Object.type %a
  %bt = get Object.type %b
  %alike = icmp eq ptr %at, %bt
  br i1 %alike, label %compare, label %no
compare:
  %same = api PyObject_RichCompareBool(ptr %a, ptr %b, i32 2)
  %true = icmp eq i32 %same, 1
  ret i1 %true
}

; Copy the arrays that the kernel cannot read as they are: strided, unaligned, of the other byte order.
define internal i1 @regular(ptr %e, ptr %objects, ptr %buffers, ptr %made, ptr %count) {
start:
  %ins = get Entry.inputs %e
  %specs = get Entry.ins %e
  br label %next
next:
  %k = phi i64 [ 0, %start ], [ %k1, %look ], [ %k1, %copied ]
  %more = icmp ult i64 %k, %ins
  br i1 %more, label %look, label %yes
yes:
  ret i1 true
no:
  ret i1 false
look:
  %bp = getelementptr ptr, ptr %buffers, i64 %k
  %b = load ptr, ptr %bp
  %k1 = add i64 %k, 1
  %none = icmp eq ptr %b, null
  br i1 %none, label %copy, label %next
copy:
  %op = getelementptr ptr, ptr %objects, i64 %k
  %o = load ptr, ptr %op
  %so = mul i64 %k, sizeof(Input)
  %s = getelementptr i8, ptr %specs, i64 %so
  %descr = get Input.descr %s
  api Py_IncRef(ptr %descr)                        ; PyArray_FromAny takes one
  %a = api PyArray_FromAny(ptr %o, ptr %descr, i32 0, i32 0, i32 769, ptr null)
  %failed = icmp eq ptr %a, null
  br i1 %failed, label %no, label %copied
copied:
  call void @note(ptr %a, ptr %made, ptr %count)
  %data = get Array.data %a
  store ptr %data, ptr %bp
  br label %next
}

; Remember an object that is to be let go of when the call is over.
define internal void @note(ptr %o, ptr %made, ptr %count) {
  %n = load i64, ptr %count
  %p = getelementptr ptr, ptr %made, i64 %n
  store ptr %o, ptr %p
  %n1 = add i64 %n, 1
  store i64 %n1, ptr %count
  ret void
}

; Whether no output that is written into an argument shares memory with another argument.
define internal i1 @apart(ptr %e, ptr %buffers) {
start:
  %ins = get Entry.inputs %e
  %outs = get Entry.outputs %e
  %sin = get Entry.ins %e
  %sout = get Entry.outs %e
  br label %output
output:
  %j = phi i64 [ 0, %start ], [ %j1, %output.next ]
  %more = icmp ult i64 %j, %outs
  br i1 %more, label %look, label %yes
yes:
  ret i1 true
look:
  %oo = mul i64 %j, sizeof(Output)
  %os = getelementptr i8, ptr %sout, i64 %oo
  %kind = get Output.kind %os
  %reuses = icmp eq i64 %kind, 2
  br i1 %reuses, label %range, label %output.next
range:
  %r = get Output.reuse %os
  %rp = getelementptr ptr, ptr %buffers, i64 %r
  %lo = load i64, ptr %rp
  %ro = mul i64 %r, sizeof(Input)
  %rs = getelementptr i8, ptr %sin, i64 %ro
  %rbytes = get Input.bytes %rs
  %hi = add i64 %lo, %rbytes
  br label %input
input:
  %i = phi i64 [ 0, %range ], [ %i1, %input.next ]
  %others = icmp ult i64 %i, %ins
  br i1 %others, label %compare, label %output.next
compare:
  %self = icmp eq i64 %i, %r
  br i1 %self, label %input.next, label %against
against:
  %ip = getelementptr ptr, ptr %buffers, i64 %i
  %from = load i64, ptr %ip
  %io = mul i64 %i, sizeof(Input)
  %is = getelementptr i8, ptr %sin, i64 %io
  %ibytes = get Input.bytes %is
  %to = add i64 %from, %ibytes
  %below = icmp ule i64 %to, %lo
  %above = icmp uge i64 %from, %hi
  %fine = or i1 %below, %above
  br i1 %fine, label %input.next, label %no
no:
  ret i1 false
input.next:
  %i1 = add i64 %i, 1
  br label %input
output.next:
  %j1 = add i64 %j, 1
  br label %output
}

; Memory of large results. The system hands out fresh pages zeroed and one by one, which can take as long as the kernel;
; so the memory of a large array that dies is kept for the next one. NumPy calls us through its allocator protocol
; (NEP 49), always with the GIL, which guards everything here.
;
;   raw .......... [ raw pointer | capacity ] data .......... 64-byte aligned

@handler = global { [8 x i8], [119 x i8], i8, ptr, ptr, ptr, ptr, ptr } {
  [8 x i8] c"wengert\00", [119 x i8] zeroinitializer, i8 1,
  ptr null, ptr @block.malloc, ptr @block.calloc, ptr @block.realloc, ptr @block.free }
@capsule = global ptr null, align 8                ; of @handler, for NumPy
@keep = global ptr null, align 8                   ; to the number of bytes that may be kept
@kept = global i64 0, align 8                      ; bytes in @spare
@spare = internal global [16 x ptr] zeroinitializer, align 16
@oldest = internal global i64 0, align 8

; A block for at least %bytes: a spare one of about that size, or a new one.
define internal ptr @block.take(i64 %bytes) {
start:
  %slack = lshr i64 %bytes, 3
  %most = add i64 %bytes, %slack
  br label %next
next:
  %k = phi i64 [ 0, %start ], [ %k1, %other ]
  %more = icmp ult i64 %k, 16
  br i1 %more, label %look, label %new
look:
  %slot = getelementptr ptr, ptr @spare, i64 %k
  %data = load ptr, ptr %slot
  %empty = icmp eq ptr %data, null
  br i1 %empty, label %other, label %measure
measure:
  %capacity = get Block.capacity %data
  %enough = icmp uge i64 %capacity, %bytes
  %modest = icmp ule i64 %capacity, %most
  %fits = and i1 %enough, %modest
  br i1 %fits, label %found, label %other
other:
  %k1 = add i64 %k, 1
  br label %next
found:
  store ptr null, ptr %slot
  %before = load i64, ptr @kept
  %after = sub i64 %before, %capacity
  store i64 %after, ptr @kept
  ret ptr %data
new:
  %total = add i64 %bytes, 128
  %wraps = icmp ult i64 %total, %bytes
  br i1 %wraps, label %none, label %ask
none:
  ret ptr null
ask:
  %raw = api PyMem_RawMalloc(i64 %total)
  %failed = icmp eq ptr %raw, null
  br i1 %failed, label %none, label %align
align:
  %address = ptrtoint ptr %raw to i64
  %up = add i64 %address, 127
  %down = and i64 %up, -64
  %fresh = inttoptr i64 %down to ptr
  set Block.raw %fresh, %raw
  set Block.capacity %fresh, %bytes
  %advise = api madvise
  %plain = icmp eq ptr %advise, null
  %small = icmp ult i64 %bytes, 4194304
  %skip = or i1 %plain, %small
  br i1 %skip, label %done, label %huge
huge:                                              ; as NumPy does: large pages where the system offers them
  %page = add i64 %down, 4095
  %first = and i64 %page, -4096
  %last = add i64 %down, %bytes
  %length = sub i64 %last, %first
  %start.page = inttoptr i64 %first to ptr
  %advised = call i32 %advise(ptr %start.page, i64 %length, i32 14)
  br label %done
done:
  ret ptr %fresh
}

; Keep a block for later, and let older ones go as long as more is kept than allowed.
define internal void @block.return(ptr %data) {
start:
  %capacity = get Block.capacity %data
  %allowed.p = load ptr, ptr @keep
  %allowed = load i64, ptr %allowed.p
  %k = load i64, ptr @oldest
  %too.large = icmp ugt i64 %capacity, %allowed
  br i1 %too.large, label %refuse, label %put
refuse:
  call void @block.release(ptr %data)
  br label %trim
put:
  call void @block.evict(i64 %k)
  %slot = getelementptr ptr, ptr @spare, i64 %k
  store ptr %data, ptr %slot
  %before = load i64, ptr @kept
  %after = add i64 %before, %capacity
  store i64 %after, ptr @kept
  %k1 = add i64 %k, 1
  %k2 = and i64 %k1, 15
  store i64 %k2, ptr @oldest
  br label %trim
trim:
  %j = phi i64 [ %k, %refuse ], [ %k2, %put ], [ %j2, %one ]
  %now = load i64, ptr @kept
  %over = icmp ugt i64 %now, %allowed
  br i1 %over, label %one, label %done
one:
  call void @block.evict(i64 %j)
  %j1 = add i64 %j, 1
  %j2 = and i64 %j1, 15
  br label %trim
done:
  ret void
}

define internal void @block.evict(i64 %k) {
start:
  %slot = getelementptr ptr, ptr @spare, i64 %k
  %data = load ptr, ptr %slot
  %empty = icmp eq ptr %data, null
  br i1 %empty, label %done, label %drop
drop:
  %capacity = get Block.capacity %data
  %before = load i64, ptr @kept
  %after = sub i64 %before, %capacity
  store i64 %after, ptr @kept
  store ptr null, ptr %slot
  call void @block.release(ptr %data)
  br label %done
done:
  ret void
}

define internal void @block.release(ptr %data) {
  %raw = get Block.raw %data
  api PyMem_RawFree(ptr %raw)
  ret void
}

; What NumPy calls.

define internal ptr @block.malloc(ptr %context, i64 %bytes) {
  %data = call ptr @block.take(i64 %bytes)
  ret ptr %data
}

define internal ptr @block.calloc(ptr %context, i64 %count, i64 %each) {
start:
  %product = call { i64, i1 } @llvm.umul.with.overflow.i64(i64 %count, i64 %each)
  %bytes = extractvalue { i64, i1 } %product, 0
  %wraps = extractvalue { i64, i1 } %product, 1
  br i1 %wraps, label %none, label %take
take:
  %data = call ptr @block.take(i64 %bytes)
  %failed = icmp eq ptr %data, null
  br i1 %failed, label %none, label %clear
clear:
  call void @llvm.memset.p0.i64(ptr %data, i8 0, i64 %bytes, i1 false)
  ret ptr %data
none:
  ret ptr null
}

define internal ptr @block.realloc(ptr %context, ptr %data, i64 %bytes) {
start:
  %other = call ptr @block.take(i64 %bytes)
  %failed = icmp eq ptr %other, null
  %fresh = icmp eq ptr %data, null
  %skip = or i1 %failed, %fresh
  br i1 %skip, label %done, label %copy
copy:
  %capacity = get Block.capacity %data
  %less = call i64 @llvm.umin.i64(i64 %capacity, i64 %bytes)
  call void @llvm.memcpy.p0.p0.i64(ptr %other, ptr %data, i64 %less, i1 false)
  call void @block.return(ptr %data)
  br label %done
done:
  ret ptr %other
}

define internal void @block.free(ptr %context, ptr %data, i64 %bytes) {
start:
  %nothing = icmp eq ptr %data, null
  br i1 %nothing, label %done, label %back
back:
  call void @block.return(ptr %data)
  br label %done
done:
  ret void
}

declare { i64, i1 } @llvm.umul.with.overflow.i64(i64, i64)
declare i64 @llvm.umin.i64(i64, i64)

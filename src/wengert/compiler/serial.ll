; A parallel loop on one thread, chunk by chunk: parts may keep one partial result for each chunk.
define void @serial(ptr %part, ptr %buffers, i64 %n, i64 %chunk) {
start:
  br label %next
next:
  %lo = phi i64 [ 0, %start ], [ %end, %some ]
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

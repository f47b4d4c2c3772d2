// Changing from one stack to another, by hand: 15 instructions.
//
// sim_switch(&save, to) keeps the callee-saved registers on the current stack, its pointer in `save`,
// and goes on where `to` was saved. It ends in a jump on x86-64, for a `ret` would always be mispredicted.
#pragma once

extern "C" void sim_switch(void** save, void* to) __attribute__((visibility("hidden")));

#if defined(__x86_64__)
asm(R"(.text
.hidden sim_switch
.globl sim_switch
.type sim_switch,@function
sim_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp,(%rdi)
  movq %rsi,%rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmp *%rcx
.size sim_switch,.-sim_switch
)");
#elif defined(__aarch64__)
asm(R"(.text
.hidden sim_switch
.globl sim_switch
.type sim_switch,%function
sim_switch:
  sub sp,sp,#160
  stp x19,x20,[sp,#0]
  stp x21,x22,[sp,#16]
  stp x23,x24,[sp,#32]
  stp x25,x26,[sp,#48]
  stp x27,x28,[sp,#64]
  stp x29,x30,[sp,#80]
  stp d8,d9,[sp,#96]
  stp d10,d11,[sp,#112]
  stp d12,d13,[sp,#128]
  stp d14,d15,[sp,#144]
  mov x9,sp
  str x9,[x0]
  mov sp,x1
  ldp x19,x20,[sp,#0]
  ldp x21,x22,[sp,#16]
  ldp x23,x24,[sp,#32]
  ldp x25,x26,[sp,#48]
  ldp x27,x28,[sp,#64]
  ldp x29,x30,[sp,#80]
  ldp d8,d9,[sp,#96]
  ldp d10,d11,[sp,#112]
  ldp d12,d13,[sp,#128]
  ldp d14,d15,[sp,#144]
  add sp,sp,#160
  ret
.size sim_switch,.-sim_switch
)");
#else
#error "the simulator's fibers know x86-64 and aarch64"
#endif

namespace convproof_sim {

// Returns the stack pointer of a stack that begins with a call of `entry`, which must not return.
inline void* prepared(char* top, void (*entry)()) {
#if defined(__x86_64__)
  void** stack = reinterpret_cast<void**>(top);
  *--stack = nullptr;  // the stack's end, and the alignment of a function's first instruction
  *--stack = reinterpret_cast<void*>(entry);
  for (int i = 0; i < 6; i++) *--stack = nullptr;
  return stack;
#else
  char* stack = top - 160;
  __builtin_memset(stack, 0, 160);
  *reinterpret_cast<void**>(stack + 88) = reinterpret_cast<void*>(entry);
  return stack;
#endif
}

}  // namespace convproof_sim

// What the checker cannot foresee ends the launch, not the process: a call through a wild pointer, a stack that
// is used up, a division that the processor refuses, a loop that is nothing but a jump to itself. The handlers are in
// place only during a launch.
#pragma once
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#include "check.hpp"

namespace convproof_sim {

inline char* signal_stack;
constexpr size_t SIGNAL_STACK = 64 << 10;
constexpr int CAUGHT[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
inline struct sigaction before_launch[5];

inline unsigned long long steps_at_tick;
inline pthread_t launching;  // other threads have signals of their own

inline const void* interrupted(void* context) {
#if defined(__x86_64__)
  return reinterpret_cast<const void*>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#else
  return reinterpret_cast<const void*>(static_cast<ucontext_t*>(context)->uc_mcontext.pc);
#endif
}

// Every half second of the processor's time: a kernel that has not made a step since the last will make none.
inline void on_tick(int, siginfo_t*, void* context) {
  if (now == nullptr || failed || !pthread_equal(pthread_self(), launching)) return;
  const char* pc = static_cast<const char*>(interrupted(context));
  bool idle = steps_so_far() == steps_at_tick;
  steps_at_tick = steps_so_far();
  if (idle && pc >= image_begin && pc < image_end)
    fault(Kind::step_limit, {{nullptr, 0}, pc + 1}, -1, 0, "a loop without a step");
}

inline struct sigaction on_interrupt_before;

// Ctrl-C: who asked for the launch hears of it, and the launch ends at its next step.
inline void on_interrupt(int signal, siginfo_t* info, void* context) {
  interrupted_by_user = true;
  if (on_interrupt_before.sa_flags & SA_SIGINFO) return on_interrupt_before.sa_sigaction(signal, info, context);
  auto handler = on_interrupt_before.sa_handler;
  if (handler != SIG_DFL && handler != SIG_IGN) handler(signal);
}

inline void on_signal(int signal, siginfo_t* info, void* context) {
  bool ours = now != nullptr && state.current != nullptr && !failed && pthread_equal(pthread_self(), launching);
  for (int i = 0; i < 5 && !ours; i++)
    if (CAUGHT[i] == signal) {  // not the kernel's doing
      sigaction(signal, &before_launch[i], nullptr);
      return;
    }
  Place place{{nullptr, 0}, static_cast<const char*>(interrupted(context)) + 1};
  if (signal == SIGFPE) fault(Kind::undefined, place, -1, 0, "integer division by zero");
  if (signal == SIGILL || signal == SIGTRAP) fault(Kind::undefined, place, -1, 0, "a trap");
  const char* p = static_cast<const char*>(info->si_addr);
  if (on_stacks(p)) fault(Kind::out_of_bounds, place, -1, 0, "local memory is used up (%zu bytes a thread)", STACK - PAGE);
  fault(Kind::out_of_bounds, place, -1, 0, "an access at %p, outside every array", info->si_addr);
}

class Signals {
 public:
  Signals() {
    if (signal_stack == nullptr) signal_stack = static_cast<char*>(malloc(SIGNAL_STACK));
    stack_t ours{};
    ours.ss_sp = signal_stack;
    ours.ss_size = SIGNAL_STACK;
    sigaltstack(&ours, &stack_);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;  // it leaves by changing the stack
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < 5; i++) sigaction(CAUGHT[i], &action, &before_launch[i]);
    launching = pthread_self();
    action.sa_sigaction = on_interrupt;
    sigaction(SIGINT, &action, &on_interrupt_before);
    hears_ = (on_interrupt_before.sa_flags & SA_SIGINFO) ||
             (on_interrupt_before.sa_handler != SIG_DFL && on_interrupt_before.sa_handler != SIG_IGN);
    if (!hears_) sigaction(SIGINT, &on_interrupt_before, nullptr);
    action.sa_sigaction = on_tick;
    action.sa_flags |= SA_RESTART;
    sigaction(SIGVTALRM, &action, &tick_);
    steps_at_tick = ~0ull;
    itimerval every{{0, 500000}, {0, 500000}};
    setitimer(ITIMER_VIRTUAL, &every, &timer_);
  }
  ~Signals() {
    setitimer(ITIMER_VIRTUAL, &timer_, nullptr);
    sigaction(SIGVTALRM, &tick_, nullptr);
    if (hears_) sigaction(SIGINT, &on_interrupt_before, nullptr);
    for (int i = 0; i < 5; i++) sigaction(CAUGHT[i], &before_launch[i], nullptr);
    if (!(stack_.ss_flags & SS_DISABLE)) sigaltstack(&stack_, nullptr);
    else { stack_t none{}; none.ss_flags = SS_DISABLE; sigaltstack(&none, nullptr); }
  }

 private:
  stack_t stack_{};
  struct sigaction tick_;
  itimerval timer_{};
  bool hears_ = false;
};

}  // namespace convproof_sim

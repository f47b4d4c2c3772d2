// Ending a launch: the report is written, and control goes back to the scheduler for good.
#pragma once
#include <stdarg.h>
#include <stdio.h>

#include "fibers.hpp"

namespace convproof_sim {

struct Place {  // of a fault: a line, or an address of the code
  Site site{nullptr, 0};
  const void* pc = nullptr;
};

inline void report(Kind kind, Place place, int array, long long offset, const char* format, va_list values) {
  Report& told = now->report;
  if (failed) return;  // the first is the one
  failed = true;
  told.kind = static_cast<int>(kind);
  told.file = place.site.file;
  told.line = place.site.line;
  told.pc = place.pc;
  told.array = array;
  told.offset = offset;
  told.has_thread = state.current != nullptr;
  if (state.current != nullptr) {
    const uint3& index = state.current->index;
    told.thread[0] = index.x, told.thread[1] = index.y, told.thread[2] = index.z;
  }
  told.block[0] = state.block.x, told.block[1] = state.block.y, told.block[2] = state.block.z;
  vsnprintf(told.message, sizeof told.message, format, values);
}

// Ends the launch from within a fiber.
[[noreturn]] __attribute__((format(printf, 5, 6)))
inline void fault(Kind kind, Place place, int array, long long offset, const char* format, ...) {
  va_list values;
  va_start(values, format);
  report(kind, place, array, offset, format, values);
  va_end(values);
  yield();
  __builtin_trap();
}

// The same from the scheduler, which returns by itself.
__attribute__((format(printf, 3, 4)))
inline void fault_of(Kind kind, Fiber& fiber, const char* format, ...) {
  state.current = &fiber;
  va_list values;
  va_start(values, format);
  report(kind, {fiber.site, nullptr}, -1, 0, format, values);
  va_end(values);
}

void fail(Kind kind, Site site, const char* format, ...) {
  va_list values;
  va_start(values, format);
  report(kind, {site, nullptr}, -1, 0, format, values);
  va_end(values);
  yield();
  __builtin_trap();
}

}  // namespace convproof_sim

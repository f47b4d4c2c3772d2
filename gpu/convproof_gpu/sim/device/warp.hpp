// Barriers, shuffles, votes and reductions, with the line that calls them.
#pragma once
#include "interface.hpp"

#define __syncthreads() (::convproof_sim::barrier({__FILE__, __LINE__}, ::convproof_sim::Reduction::none, 0))
#define __syncthreads_or(p) (::convproof_sim::barrier({__FILE__, __LINE__}, ::convproof_sim::Reduction::any, !!(p)), ::convproof_sim::state.reduced)
#define __syncthreads_and(p) (::convproof_sim::barrier({__FILE__, __LINE__}, ::convproof_sim::Reduction::all, !!(p)), ::convproof_sim::state.reduced)
#define __syncthreads_count(p) (::convproof_sim::barrier({__FILE__, __LINE__}, ::convproof_sim::Reduction::count, !!(p)), ::convproof_sim::state.reduced)

namespace convproof_sim {

inline int lane() { return state.current->linear & 31; }

template <class T>
struct Shuffled {
  T value;
  int from;
  bool wanted;  // whether what comes of a lane outside the mask is a fault, not just undefined
  T result;
};

// What a lane gets that nobody gives it: not a number, or one that is as good as random.
template <class T>
SIM_UNCHECKED T undefined(T) {
  T value;
  __builtin_memset(&value, 0xff, sizeof value);
  return value;
}
#define SIM_UNDEFINED(T) SIM_UNCHECKED inline T undefined(T) { return static_cast<T>(undefined_number()); }
SIM_UNDEFINED(int) SIM_UNDEFINED(unsigned) SIM_UNDEFINED(long) SIM_UNDEFINED(unsigned long) SIM_UNDEFINED(long long) SIM_UNDEFINED(unsigned long long)
#undef SIM_UNDEFINED
#ifdef SIM_PROVENANCE
SIM_UNCHECKED inline Traced undefined(Traced own) { return own; }  // for it must be the number of a node
#endif

template <class T>
SIM_UNCHECKED void shuffle_lanes(Thread* const* lanes, unsigned mask, Site site) {
  for (int i = 0; i < 32; i++) {
    if (lanes[i] == nullptr) continue;
    auto* mine = static_cast<Shuffled<T>*>(lanes[i]->operands);
    if (mask >> mine->from & 1 && lanes[mine->from] == nullptr)
      fail(Kind::divergence, site, "a shuffle: lane %d reads lane %d, which has exited", i, mine->from);
    if (mask >> mine->from & 1) {
      mine->result = static_cast<Shuffled<T>*>(lanes[mine->from]->operands)->value;
      continue;
    }
    if (mine->wanted) fail(Kind::divergence, site, "a shuffle: lane %d reads lane %d, which is not in the mask 0x%08x", i, mine->from, mask);
    mine->result = undefined(mine->value);
  }
}

template <class T>
inline T shuffle(unsigned mask, T value, int from, bool wanted, Site site) {
  Shuffled<T> mine{value, from, wanted, value};
  meet(Operation::shuffle, mask, false, site, &mine, shuffle_lanes<T>);
  return mine.result;
}

struct Ballot {
  unsigned predicate, result;
};

SIM_UNCHECKED inline void vote_lanes(Thread* const* lanes, unsigned mask, Site) {
  unsigned found = 0;
  for (int i = 0; i < 32; i++)
    if (lanes[i] != nullptr) found |= static_cast<unsigned>(static_cast<Ballot*>(lanes[i]->operands)->predicate != 0) << i;
  for (int i = 0; i < 32; i++)
    if (lanes[i] != nullptr) static_cast<Ballot*>(lanes[i]->operands)->result = found;
}

inline unsigned ballot(unsigned mask, int predicate, Site site) {
  Ballot mine{static_cast<unsigned>(predicate != 0), 0};
  meet(Operation::vote, mask, false, site, &mine, vote_lanes);
  return mine.result;
}

template <class T>
struct Matched {
  T value;
  unsigned result;
};

template <class T>
SIM_UNCHECKED void match_lanes(Thread* const* lanes, unsigned mask, Site) {
  for (int i = 0; i < 32; i++) {
    if (lanes[i] == nullptr) continue;
    auto* mine = static_cast<Matched<T>*>(lanes[i]->operands);
    mine->result = 0;
    for (int j = 0; j < 32; j++)
      if (lanes[j] != nullptr) mine->result |= static_cast<unsigned>(static_cast<Matched<T>*>(lanes[j]->operands)->value == mine->value) << j;
  }
}

template <class T>
inline unsigned match(unsigned mask, T value, Site site) {
  Matched<T> mine{value, 0};
  meet(Operation::match, mask, false, site, &mine, match_lanes<T>);
  return mine.result;
}

template <class T, T (*combine)(T, T)>
SIM_UNCHECKED void reduce_lanes(Thread* const* lanes, unsigned mask, Site) {
  bool begun = false;
  T all{};
  for (int i = 0; i < 32; i++) {
    if (lanes[i] == nullptr) continue;
    T value = static_cast<Shuffled<T>*>(lanes[i]->operands)->value;
    all = begun ? combine(all, value) : value;
    begun = true;
  }
  for (int i = 0; i < 32; i++)
    if (lanes[i] != nullptr) static_cast<Shuffled<T>*>(lanes[i]->operands)->result = all;
}

template <class T, T (*combine)(T, T)>
inline T reduce(unsigned mask, T value, Site site) {
  Shuffled<T> mine{value, 0, true, value};
  meet(Operation::reduce, mask, false, site, &mine, reduce_lanes<T, combine>);
  return mine.result;
}

template <class T> SIM_UNCHECKED T sum_of(T a, T b) { return static_cast<T>(static_cast<unsigned>(a) + static_cast<unsigned>(b)); }
template <class T> SIM_UNCHECKED T least_of(T a, T b) { return b < a ? b : a; }
template <class T> SIM_UNCHECKED T greatest_of(T a, T b) { return a < b ? b : a; }
SIM_UNCHECKED inline unsigned and_of(unsigned a, unsigned b) { return a & b; }
SIM_UNCHECKED inline unsigned or_of(unsigned a, unsigned b) { return a | b; }
SIM_UNCHECKED inline unsigned xor_of(unsigned a, unsigned b) { return a ^ b; }

}  // namespace convproof_sim

inline void __syncwarp(unsigned mask = 0xffffffffu, convproof_sim::Site site = convproof_sim::here()) {
  convproof_sim::meet(convproof_sim::Operation::syncwarp, mask, false, site, nullptr, nullptr);
}
template <class T>
inline T __shfl_sync(unsigned mask, T value, int from, int width = 32, convproof_sim::Site site = convproof_sim::here()) {
  return convproof_sim::shuffle(mask, value, (convproof_sim::lane() & ~(width - 1)) | (from & (width - 1)), true, site);
}
// Down and up, the last lanes of a mask get what is undefined; a sum over the first half passes over it.
template <class T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, convproof_sim::Site site = convproof_sim::here()) {
  int me = convproof_sim::lane(), from = me + static_cast<int>(delta);
  return convproof_sim::shuffle(mask, value, (from & ~(width - 1)) != (me & ~(width - 1)) ? me : from, false, site);
}
template <class T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, convproof_sim::Site site = convproof_sim::here()) {
  int me = convproof_sim::lane(), from = me - static_cast<int>(delta);
  return convproof_sim::shuffle(mask, value, from < (me & ~(width - 1)) ? me : from, false, site);
}
template <class T>
inline T __shfl_xor_sync(unsigned mask, T value, int flip, int width = 32, convproof_sim::Site site = convproof_sim::here()) {
  int me = convproof_sim::lane(), from = me ^ flip;
  return convproof_sim::shuffle(mask, value, (from & ~(width - 1)) > (me & ~(width - 1)) ? me : from, true, site);
}
inline unsigned __ballot_sync(unsigned mask, int predicate, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::ballot(mask, predicate, site); }
inline int __any_sync(unsigned mask, int predicate, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::ballot(mask, predicate, site) != 0; }
inline int __all_sync(unsigned mask, int predicate, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::ballot(mask, !predicate, site) == 0; }
template <class T>
inline unsigned __match_any_sync(unsigned mask, T value, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::match(mask, value, site); }
template <class T>
inline unsigned __match_all_sync(unsigned mask, T value, int* all, convproof_sim::Site site = convproof_sim::here()) {
  unsigned same = convproof_sim::match(mask, value, site), lanes = convproof_sim::ballot(mask, 1, site);
  *all = same == lanes;
  return *all ? lanes : 0;
}
inline unsigned __reduce_add_sync(unsigned mask, unsigned v, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::reduce<unsigned, convproof_sim::sum_of<unsigned>>(mask, v, site); }
inline int __reduce_add_sync(unsigned mask, int v, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::reduce<int, convproof_sim::sum_of<int>>(mask, v, site); }
inline unsigned __reduce_min_sync(unsigned mask, unsigned v, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::reduce<unsigned, convproof_sim::least_of<unsigned>>(mask, v, site); }
inline int __reduce_min_sync(unsigned mask, int v, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::reduce<int, convproof_sim::least_of<int>>(mask, v, site); }
inline unsigned __reduce_max_sync(unsigned mask, unsigned v, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::reduce<unsigned, convproof_sim::greatest_of<unsigned>>(mask, v, site); }
inline int __reduce_max_sync(unsigned mask, int v, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::reduce<int, convproof_sim::greatest_of<int>>(mask, v, site); }
inline unsigned __reduce_and_sync(unsigned mask, unsigned v, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::reduce<unsigned, convproof_sim::and_of>(mask, v, site); }
inline unsigned __reduce_or_sync(unsigned mask, unsigned v, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::reduce<unsigned, convproof_sim::or_of>(mask, v, site); }
inline unsigned __reduce_xor_sync(unsigned mask, unsigned v, convproof_sim::Site site = convproof_sim::here()) { return convproof_sim::reduce<unsigned, convproof_sim::xor_of>(mask, v, site); }
SIM_UNCHECKED inline unsigned __activemask() {  // the lanes that are here cannot be known of fibers: this one
  return 1u << convproof_sim::lane();
}
inline void __threadfence() { convproof_sim::fence(false); }
inline void __threadfence_block() { convproof_sim::fence(true); }
inline void __threadfence_system() { convproof_sim::fence(false); }
inline void __nanosleep(unsigned) { convproof_sim::pause(); }

// From a kernel to what Python can call: a function that takes its arguments by address, and its signature as text:
// `p4f` a pointer to const float, `P8i` a pointer to an integer of 8 bytes, `4i` such a value, `s24` a struct.
#pragma once
#include "interface.hpp"

namespace convproof_sim {

template <class T, T... I> struct Sequence {};
#if __has_builtin(__make_integer_seq)
template <size_t N> using Indices = __make_integer_seq<Sequence, size_t, N>;
#else
template <size_t N> using Indices = Sequence<size_t, __integer_pack(N)...>;
#endif

template <class T> struct Bare { using type = T; };
template <class T> struct Bare<T&> { using type = T; };
template <class T> struct Bare<const T> { using type = T; };
template <class T> struct Bare<const T&> { using type = T; };
template <class T> using bare = typename Bare<T>::type;

template <class... A, size_t... I>
SIM_UNCHECKED inline void call_with(void (*kernel)(A...), void** arguments, Sequence<size_t, I...>) {
  kernel(*static_cast<bare<A>*>(arguments[I])...);
}
template <class... A>
SIM_UNCHECKED inline void call(void (*kernel)(A...), void** arguments) { call_with(kernel, arguments, Indices<sizeof...(A)>{}); }

template <class T> struct Code { static constexpr char value = __is_enum(T) ? 'i' : 's'; };
#define SIM_CODE(T, c) template <> struct Code<T> { static constexpr char value = c; };
SIM_CODE(bool, 'b')
SIM_CODE(char, 'i') SIM_CODE(signed char, 'i') SIM_CODE(short, 'i') SIM_CODE(int, 'i') SIM_CODE(long, 'i') SIM_CODE(long long, 'i')
SIM_CODE(unsigned char, 'u') SIM_CODE(unsigned short, 'u') SIM_CODE(unsigned, 'u') SIM_CODE(unsigned long, 'u') SIM_CODE(unsigned long long, 'u')
SIM_CODE(float, 'f') SIM_CODE(double, 'f')
#ifdef SIM_PROVENANCE
SIM_CODE(Traced, 't')
#endif

struct Text {
  char* to;
  SIM_UNCHECKED void put(char c) { *to++ = c; }
  SIM_UNCHECKED void put(size_t n) {
    if (n >= 10) put(n / 10);
    put(static_cast<char>('0' + n % 10));
  }
};
template <class T> struct Pointee { static constexpr bool is = false; };
template <class T> struct Pointee<T*> { static constexpr bool is = true, constant = false; using type = T; };
template <class T> struct Pointee<const T*> { static constexpr bool is = true, constant = true; using type = T; };
template <class T> struct Pointee<const volatile T*> { static constexpr bool is = true, constant = true; using type = T; };
template <class T> struct Pointee<volatile T*> { static constexpr bool is = true, constant = false; using type = T; };
template <class T> struct Size { static constexpr size_t value = sizeof(T); };
template <> struct Size<void> { static constexpr size_t value = 1; };
template <> struct Code<void> { static constexpr char value = 'v'; };

template <class T>
SIM_UNCHECKED inline void describe(Text& text) {
  if constexpr (Pointee<T>::is) {
    using P = typename Pointee<T>::type;
    text.put(Pointee<T>::constant ? 'p' : 'P');
    text.put(Size<P>::value);
    text.put(Code<P>::value);
  } else {
    text.put(sizeof(T));
    text.put(Code<T>::value);
    if (Code<T>::value == 's') text.put(alignof(T));
  }
  text.put(' ');
}
template <class... A>
SIM_UNCHECKED inline void describe_all(void (*)(A...), char* to) {
  Text text{to};
  (describe<bare<A>>(text), ...);
  text.put('\0');
}

}  // namespace convproof_sim

#define SIM_BOUNDS(number, threads, ...) extern "C" SIM_API SIM_UNCHECKED int sim_bounds_##number() { return static_cast<int>(threads); }
#define SIM_EXPORT(number, ...)                                                                                                \
  extern "C" SIM_API SIM_UNCHECKED void sim_kernel_##number(void** arguments) { ::convproof_sim::call(__VA_ARGS__, arguments); }         \
  extern "C" SIM_API SIM_UNCHECKED void sim_signature_##number(char* text) { ::convproof_sim::describe_all(__VA_ARGS__, text); }

// Functions that are not exact on a GPU: the fast ones, and those of C's library. And those of it that are.
#include "rows.cuh"

__device__ float sine(float a) {
  float s, c;
  sincosf(a, &s, &c);
  return s;
}
__device__ float cosine(float a) {
  float s, c;
  sincosf(a, &s, &c);
  return c;
}
__device__ float fast_sine(float a) {
  float s, c;
  __sincosf(a, &s, &c);
  return s;
}
__device__ float fast_cosine(float a) {
  float s, c;
  __sincosf(a, &s, &c);
  return c;
}
__device__ double double_sine(double a) {
  double s, c;
  sincos(a, &s, &c);
  return s;
}
__device__ double double_cosine(double a) {
  double s, c;
  sincos(a, &s, &c);
  return c;
}
__device__ float whole_part(float a) {
  float whole;
  modff(a, &whole);
  return whole;
}
__device__ float broken_part(float a) {
  float whole;
  return modff(a, &whole);
}
__device__ double double_whole_part(double a) {
  double whole;
  modf(a, &whole);
  return whole;
}
__device__ float fraction(float a) {
  int exponent;
  return frexpf(a, &exponent);
}
__device__ int exponent(float a) {
  int exponent;
  frexpf(a, &exponent);
  return isfinite(a) ? exponent : 0;
}
__device__ double double_fraction(double a) {
  int exponent;
  return frexp(a, &exponent);
}
__device__ float rest(float a, float b) {
  int quotient;
  return remquof(a, b, &quotient);
}
__device__ int last_bits_of_quotient(float a, float b) {
  int quotient;
  float rest = remquof(a, b, &quotient);
  return rest == rest ? quotient & 7 : 0;
}

ONE(of_fast_expf, float, float, __expf(a))
ONE(of_fast_exp10f, float, float, __exp10f(a))
ONE(of_fast_logf, float, float, __logf(a))
ONE(of_fast_log2f, float, float, __log2f(a))
ONE(of_fast_log10f, float, float, __log10f(a))
ONE(of_fast_sinf, float, float, __sinf(a))
ONE(of_fast_cosf, float, float, __cosf(a))
ONE(of_fast_tanf, float, float, __tanf(a))
ONE(of_rsqrtf, float, float, rsqrtf(a))
ONE(of_rcbrtf, float, float, rcbrtf(a))
ONE(of_cbrtf, float, float, cbrtf(a))
ONE(of_normcdff, float, float, normcdff(a))
ONE(of_sinpif, float, float, sinpif(a))
ONE(of_cospif, float, float, cospif(a))
ONE(of_expf, float, float, expf(a))
ONE(of_exp2f, float, float, exp2f(a))
ONE(of_exp10f, float, float, exp10f(a))
ONE(of_expm1f, float, float, expm1f(a))
ONE(of_logf, float, float, logf(a))
ONE(of_log2f, float, float, log2f(a))
ONE(of_log10f, float, float, log10f(a))
ONE(of_log1pf, float, float, log1pf(a))
ONE(of_sinf, float, float, sinf(a))
ONE(of_cosf, float, float, cosf(a))
ONE(of_tanf, float, float, tanf(a))
ONE(of_asinf, float, float, asinf(a))
ONE(of_acosf, float, float, acosf(a))
ONE(of_atanf, float, float, atanf(a))
ONE(of_sinhf, float, float, sinhf(a))
ONE(of_coshf, float, float, coshf(a))
ONE(of_tanhf, float, float, tanhf(a))
ONE(of_erff, float, float, erff(a))
ONE(of_erfcf, float, float, erfcf(a))
ONE(of_sine, float, float, sine(a))
ONE(of_cosine, float, float, cosine(a))
ONE(of_fast_sine, float, float, fast_sine(a))
ONE(of_fast_cosine, float, float, fast_cosine(a))
TWO(of_fast_powf, float, float, float, __powf(a, b))
TWO(of_fast_fdividef, float, float, float, __fdividef(a, b))
TWO(of_fdividef, float, float, float, fdividef(a, b))
TWO(of_powf, float, float, float, powf(a, b))
TWO(of_hypotf, float, float, float, hypotf(a, b))
TWO(of_rhypotf, float, float, float, rhypotf(a, b))
TWO(of_atan2f, float, float, float, atan2f(a, b))
THREE(of_norm3df, float, float, float, float, norm3df(a, b, c))
THREE(of_rnorm3df, float, float, float, float, rnorm3df(a, b, c))
ONE(of_rsqrt, double, double, rsqrt(a))
ONE(of_exp, double, double, exp(a))
ONE(of_log, double, double, log(a))
ONE(of_tanh, double, double, tanh(a))
ONE(of_double_sine, double, double, double_sine(a))
ONE(of_double_cosine, double, double, double_cosine(a))

ONE(of_floorf, float, float, floorf(a))
ONE(of_ceilf, float, float, ceilf(a))
ONE(of_truncf, float, float, truncf(a))
ONE(of_rintf, float, float, rintf(a))
ONE(of_roundf, float, float, roundf(a))
ONE(of_fabsf, float, float, fabsf(a))
ONE(of_whole_part, float, float, whole_part(a))
ONE(of_broken_part, float, float, broken_part(a))
ONE(of_fraction, float, float, fraction(a))
ONE(of_double_whole_part, double, double, double_whole_part(a))
ONE(of_double_fraction, double, double, double_fraction(a))
ONE(of_exponent, int, float, exponent(a))
TWO(of_fmodf, float, float, float, fmodf(a, b))
TWO(of_copysignf, float, float, float, copysignf(a, b))
TWO(of_rest, float, float, float, rest(a, b))
TWO(of_last_bits_of_quotient, int, float, float, last_bits_of_quotient(a, b))

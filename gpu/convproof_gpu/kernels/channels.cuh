// An array (outer, channels, inner): a number for each image, channel and position.
//
// Int            int, or long long where the array has 2^31 elements or more
#pragma once

template <class Int>
struct Channels {
  Int outer, channels, inner;
};

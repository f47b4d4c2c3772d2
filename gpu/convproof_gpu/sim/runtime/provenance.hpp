// Where numbers come from: every operation on `float` is kept as a node, which Python reads as a polynomial.
#pragma once
#include <stdlib.h>

#include "faults.hpp"

namespace convproof_sim {

struct Node {  // mirrored in provenance.py; number 0 is the constant zero
  double value;
  uint32_t a, b;
  uint32_t origin;  // an Origin
  uint32_t padding;
};

inline Node* nodes;
inline uint32_t node_count, node_room;

inline uint32_t add_node(Origin origin, uint32_t a, uint32_t b, double value) {
  if (node_count == node_room) {
    node_room = node_room ? 2 * node_room : 1 << 16;
    nodes = static_cast<Node*>(realloc(nodes, node_room * sizeof(Node)));
  }
  nodes[node_count] = {value, a, b, static_cast<uint32_t>(origin), 0};
  return node_count++;
}

uint32_t origin_of_constant(double value) { return value == 0 ? 0 : add_node(Origin::constant, 0, 0, value); }

double value_of(uint32_t number) {
  if (number >= node_count) fail(Kind::uninitialised, {nullptr, 0}, "computes with a number that nothing has written");
  return nodes[number].value;
}

uint32_t origin_of(Origin origin, uint32_t a, uint32_t b) {
  double x = value_of(a), y = value_of(b), value = 0;
  switch (origin) {
    case Origin::sum: if (a == 0) return b; if (b == 0) return a; value = x + y; break;
    case Origin::difference: if (b == 0) return a; value = x - y; break;
    case Origin::product: if (a == 0 || b == 0) return 0; value = x * y; break;
    case Origin::quotient: if (a == 0) return 0; value = x / y; break;
    default: break;
  }
  return add_node(origin, a, b, value);
}

uint32_t origin_of_function(uint32_t a, double value) { return add_node(Origin::function, a, 0, value); }

}  // namespace convproof_sim

extern "C" {
SIM_API void sim_forget_nodes() { convproof_sim::node_count = 0, convproof_sim::add_node(convproof_sim::Origin::constant, 0, 0, 0); }
SIM_API uint32_t sim_variable(double value) { return convproof_sim::add_node(convproof_sim::Origin::variable, 0, 0, value); }
SIM_API uint32_t sim_constant(double value) { return convproof_sim::origin_of_constant(value); }
SIM_API const convproof_sim::Node* sim_nodes(uint32_t* count) { return *count = convproof_sim::node_count, convproof_sim::nodes; }
}

#include "behaviour/riding_libraries/libraries.hpp"

void call_back(Circuit& circuit, void (*back)(void*), void* data) {
  circuit.call([&] { back(data); });
}

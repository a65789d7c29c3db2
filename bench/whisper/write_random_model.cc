// A random model of true size in the ggml format:
//
//   whisper_random_model NAME FILE      NAME: tiny, base, small, medium, with .en or without

#include <cstdio>

#include "core/error.h"
#include "random_model.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: whisper_random_model NAME FILE\n");
    return 2;
  }
  try {
    attune::bench::write_random_model(argv[1], argv[2]);
  } catch (const attune::Error& error) {
    std::fprintf(stderr, "whisper_random_model: %s\n", error.what());
    return exit_code(error.kind());
  }
  return 0;
}

#include "cli/program.h"
#include "core/freed_memory.h"

int main(int argc, char** argv) {
  attune::keep_freed_memory();
  return attune::cli::run_program(argc, argv);
}

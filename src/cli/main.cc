#include "cli/program.h"

int main(int argc, char** argv) {
  return attune::cli::run_program(argc, argv);
}

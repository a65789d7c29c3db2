#pragma once

namespace attune::cli {

/// The program `attune`: reads the command line, runs the command and turns errors into messages
/// and exit codes. Throws nothing.
int run_program(int argc, char** argv) noexcept;

}  // namespace attune::cli

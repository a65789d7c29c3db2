#pragma once

namespace attune {

/// Tells the C library to keep large blocks that were freed for the next allocation, up to 256 MiB,
/// instead of handing them back to the system. Networks allocate and free the same tens of MiB for
/// every picture; given back, each page is faulted in and cleared anew: on virtual machines that
/// was 5 to 10 times the arithmetic. For programs, once, before other threads run; libraries leave
/// the choice to their program. Only glibc has the setting; elsewhere nothing happens.
void keep_freed_memory();

}  // namespace attune

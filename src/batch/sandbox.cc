#include "batch/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "core/descriptor.h"
#include "core/error.h"

namespace attune::batch {
namespace {

// glibc has no functions for these calls.
int create_ruleset(const landlock_ruleset_attr* attributes, std::size_t size, unsigned flags) {
  return static_cast<int>(::syscall(SYS_landlock_create_ruleset, attributes, size, flags));
}

int add_rule(int ruleset, const landlock_path_beneath_attr& rule) {
  return static_cast<int>(
      ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
}

int restrict_self(int ruleset) {
  return static_cast<int>(::syscall(SYS_landlock_restrict_self, ruleset, 0));
}

[[noreturn]] void fail_to_confine(std::string_view what) {
  throw Error(ErrorKind::kInternal, fmt::format("{}: {}", what, std::strerror(errno)));
}

/// Every right to change files that version `abi` of Landlock knows (landlock(7)).
std::uint64_t writing_rights(int abi) {
  std::uint64_t rights = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                         LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                         LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                         LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                         LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
  // Newer than the headers of some systems that attune builds on.
  constexpr std::uint64_t kRefer = 1ULL << 13;
  constexpr std::uint64_t kTruncate = 1ULL << 14;
  if (abi >= 2) rights |= kRefer;
  if (abi >= 3) rights |= kTruncate;
  return rights;
}

void allow(int ruleset, const std::filesystem::path& path, std::uint64_t rights) {
  const Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (place.get() < 0) fail_to_confine("cannot open " + path.string());
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = place.get();
  if (add_rule(ruleset, rule) != 0) fail_to_confine("cannot allow writing to " + path.string());
}

/// False where the kernel has no Landlock.
bool confine_writing(const std::filesystem::path& folder) {
  const int abi = create_ruleset(nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return false;
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = writing_rights(abi);
  const Descriptor ruleset(create_ruleset(&attributes, sizeof attributes, 0));
  if (ruleset.get() < 0) fail_to_confine("cannot make a Landlock ruleset");
  allow(ruleset.get(), folder, attributes.handled_access_fs);
  allow(ruleset.get(), "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE);
  if (restrict_self(ruleset.get()) != 0) fail_to_confine("cannot confine writing");
  return true;
}

/// Sockets of any family but those inside the machine are refused. False where the kernel has no
/// filters.
bool confine_network() {
  const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                                 seccomp_release);
  if (filter == nullptr) return false;
  for (const int family : {AF_INET, AF_INET6, AF_PACKET, AF_NETLINK, AF_BLUETOOTH, AF_VSOCK}) {
    const int added = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1,
                                       SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(family)));
    if (added != 0) return false;
  }
  // It could open sockets past the filter (IORING_OP_SOCKET).
  if (seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(io_uring_setup), 0) != 0)
    return false;
  return seccomp_load(filter.get()) == 0;
}

}  // namespace

std::vector<std::string> confine(const Confinement& confinement) {
  std::vector<std::string> missing;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    fail_to_confine("cannot give up new privileges");
  if (!confine_writing(confinement.writable))
    missing.emplace_back("this kernel has no Landlock: workers can write outside their folder");
  if (!confinement.network && !confine_network())
    missing.emplace_back("this kernel has no seccomp filters: workers can open connections");
  return missing;
}

}  // namespace attune::batch

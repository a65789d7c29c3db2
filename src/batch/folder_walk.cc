#include "batch/folder_walk.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace attune::batch {
namespace fs = std::filesystem;
namespace {

/// A folder to walk, and how its files are named: "show/" or "".
struct Branch {
  fs::path folder;
  std::string prefix;
};

/// What attune batch leaves in the folder of its results and in that of each item.
bool holds_results(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / ".attune" / "batch.json", ignored) ||
         fs::exists(folder / ".done.json", ignored);
}

class Walk {
 public:
  Walk(const std::function<bool(const std::string&)>& is_wanted,
       const std::optional<FileIdentity>& left_out, std::set<FileIdentity>& visited)
      : is_wanted_(is_wanted), left_out_(left_out), visited_(visited) {}

  FoundFiles run(const fs::path& root) {
    std::vector<Branch> branches = {{root, ""}};
    while (!branches.empty()) {
      // Sorted, so that among links to one folder always the same gives its files their names.
      std::sort(branches.begin(), branches.end(),
                [](const Branch& a, const Branch& b) { return a.prefix < b.prefix; });
      for (const Branch& branch : branches) walk_tree(branch);
      branches = std::exchange(links_, {});
    }
    std::sort(found_.files.begin(), found_.files.end());
    return std::move(found_);
  }

 private:
  /// All that is reached without a link.
  void walk_tree(const Branch& root) {
    std::vector<Branch> waiting = {root};
    while (!waiting.empty()) {
      const Branch branch = std::move(waiting.back());
      waiting.pop_back();
      if (may_enter(branch.folder)) list(branch, waiting);
    }
  }

  bool may_enter(const fs::path& folder) {
    const std::optional<FileIdentity> id = identity(folder);
    if (!id) return true;
    if (id == left_out_) {
      found_.notes.push_back(fmt::format(
          "{} is the output folder: results are never taken as inputs", folder.string()));
      return false;
    }
    if (holds_results(folder)) {
      found_.notes.push_back(fmt::format(
          "{} holds results of attune batch, which are never taken as inputs", folder.string()));
      return false;
    }
    if (!visited_.insert(*id).second) {
      found_.notes.push_back(
          fmt::format("{} leads to a folder that was gone through already; each is taken once",
                      folder.string()));
      return false;
    }
    return true;
  }

  void list(const Branch& branch, std::vector<Branch>& waiting) {
    std::error_code error;
    fs::directory_iterator it(branch.folder, error);
    for (; !error && it != fs::directory_iterator(); it.increment(error)) {
      const std::string name = it->path().filename().native();
      if (!name.starts_with('.')) sort_in(*it, name, branch, waiting);
    }
    if (error && error != std::errc::no_such_file_or_directory) {
      found_.problems.push_back(
          fmt::format("the folder {} cannot be read: {}", branch.folder.string(), error.message()));
    }
  }

  void sort_in(const fs::directory_entry& entry, const std::string& name, const Branch& branch,
               std::vector<Branch>& waiting) {
    std::error_code error;
    const bool is_link = entry.is_symlink(error);
    const fs::file_type type = entry.status(error).type();
    if (type == fs::file_type::directory) {
      (is_link ? links_ : waiting).push_back({entry.path(), branch.prefix + name + "/"});
    } else if (type == fs::file_type::regular) {
      if (is_wanted_(name)) found_.files.push_back(branch.prefix + name);
    } else if (is_link && is_wanted_(name)) {
      found_.problems.push_back(fmt::format("{} is a link that leads to no file: mend or remove it",
                                            entry.path().string()));
    }
  }

  const std::function<bool(const std::string&)>& is_wanted_;
  const std::optional<FileIdentity>& left_out_;
  std::set<FileIdentity>& visited_;
  std::vector<Branch> links_;
  FoundFiles found_;
};

}  // namespace

std::optional<FileIdentity> identity(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

FoundFiles FolderWalk::walk(const fs::path& folder,
                            const std::function<bool(const std::string& name)>& is_wanted) {
  return Walk(is_wanted, left_out_, visited_).run(folder);
}

}  // namespace attune::batch

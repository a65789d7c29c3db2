#pragma once

#include <filesystem>
#include <string>

namespace attune::batch {

/// Folder of the results of a file below `root` ("" is the working directory): its path from there,
/// kept with its extension. A file elsewhere has its whole path without the leading "/", so that
/// files of one name in different folders stay apart.
std::filesystem::path output_of_file(const std::filesystem::path& file,
                                     const std::filesystem::path& root);

/// Folder of the results of an address: host and path, without user, port, query and fragment.
std::filesystem::path output_of_address(const std::string& address);

/// What keeps `output` from being the folder of an item's results (Item::output), as the end of a
/// sentence that begins with it: "climbs out of the output folder with '..'". Empty for nothing.
std::string output_problem(const std::filesystem::path& output);

}  // namespace attune::batch

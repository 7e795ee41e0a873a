#include "base/result.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace millwright {

tl::unexpected<Error> fail(ErrorKind kind, std::string code, std::string text, Arguments arguments, std::string hint) {
  return tl::make_unexpected(Error{kind, std::move(code), std::move(text), std::move(arguments), std::move(hint)});
}

tl::unexpected<Error> fail_errno(std::string_view what, std::string_view path, int error_number) {
  const Arguments arguments{
      {"what", std::string(what)}, {"path", std::string(path)}, {"reason", std::strerror(error_number)}};
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return fail(ErrorKind::store, "file.disk_full", "Cannot {what} {path}: the disk is full.", arguments,
                  "Free some space and try again; nothing was changed.");
    case EROFS:
    case EACCES:
    case EPERM:
      return fail(ErrorKind::store, "file.no_permission", "Cannot {what} {path}: {reason}.", arguments,
                  "Check the permissions of the file and its folder.");
    case ENOENT:
      return fail(ErrorKind::bad_input, "file.not_found", "Cannot {what} {path}: there is no such file or folder.",
                  arguments);
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return fail(ErrorKind::bad_input, "file.not_found", "Cannot {what} {path}: {reason}.", arguments);
    default:
      return fail(ErrorKind::store, "file.io", "Cannot {what} {path}: {reason}.", arguments);
  }
}

namespace {

/// A value as it can be shown: what a stranger wrote may be megabytes long, or speak to the terminal.
void append_shown(std::string& out, std::string_view value) {
  constexpr size_t kLongest = 4096;
  size_t length = std::min(value.size(), kLongest);
  if (length < value.size())
    while (length > 0 && (static_cast<unsigned char>(value[length]) & 0xC0) == 0x80) --length;  // no half a character
  for (const char c : value.substr(0, length)) {
    const auto byte = static_cast<unsigned char>(c);
    out += (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F ? '?' : c;
  }
  if (length < value.size()) out += "…";
}

}  // namespace

std::string fill(std::string_view text, const Arguments& arguments) {
  std::string out;
  out.reserve(text.size() + 32);
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '{') {
      const size_t end = text.find('}', i);
      if (end != std::string_view::npos) {
        const auto name = text.substr(i + 1, end - i - 1);
        bool found = false;
        for (const auto& [key, value] : arguments) {
          if (key == name) {
            append_shown(out, value);
            found = true;
            break;
          }
        }
        if (found) {
          i = end + 1;
          continue;
        }
      }
    }
    out += text[i++];
  }
  return out;
}

std::string message_of(const Error& error) { return fill(error.text, error.arguments); }
std::string hint_of(const Error& error) { return fill(error.hint, error.arguments); }

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::refused:
      return 1;
    case ErrorKind::usage:
      return 2;
    case ErrorKind::bad_input:
      return 3;
    case ErrorKind::store:
      return 4;
    case ErrorKind::job:
      return 5;
    case ErrorKind::cancelled:
      return 6;
  }
  return 5;
}

}  // namespace millwright

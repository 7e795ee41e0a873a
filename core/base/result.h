// base/ is what every other room stands on: results and errors, ids, clock, hashing, JSON, logging, files. It knows
// nothing of projects, records or models.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace millwright {

/// What sort of failure this is; decides the exit code of the command line (see exit_code()).
enum class ErrorKind {
  refused,    ///< the answer is no: a gate that fails, rows that are held by a snapshot
  usage,      ///< the caller asked for something that cannot be meant
  bad_input,  ///< a file or value from outside is not what it should be
  store,      ///< project locked, full, damaged, read-only, too new, not a project, in maintenance
  job,        ///< a job failed, or this program did
  cancelled,  ///< somebody asked to stop; an outcome, not a fault
};

/// An error as core hands it out: a stable code, an English text with {named} places, and what belongs into them.
/// Words are put together at the edge: CLI in English through message_of(), workbench through its translations of
/// `text`.
struct Error {
  ErrorKind kind = ErrorKind::job;
  std::string code;  ///< stable, dotted: "import.no_rows"
  std::string text;  ///< what happened and where, with {name} for each argument
  std::vector<std::pair<std::string, std::string>> arguments;
  std::string hint;  ///< what to do about it; may hold the same {names}; may be empty
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;
using Arguments = std::vector<std::pair<std::string, std::string>>;

/// Shorthand for returning an error: `return fail(ErrorKind::store, "store.locked", "…", {…}, "…");`
[[nodiscard]] tl::unexpected<Error> fail(ErrorKind kind, std::string code, std::string text, Arguments arguments = {},
                                         std::string hint = {});
/// An error that errno explains, about a path.
[[nodiscard]] tl::unexpected<Error> fail_errno(std::string_view what, std::string_view path, int error_number);

/// Fills {name} places with arguments, shown without control characters and up to 4,096 bytes; unknown names stay.
[[nodiscard]] std::string fill(std::string_view text, const Arguments& arguments);
[[nodiscard]] std::string message_of(const Error& error);
[[nodiscard]] std::string hint_of(const Error& error);
/// The exit code contract: 0 done, 1 refused, 2 usage, 3 bad input, 4 store, 5 job, 6 cancelled.
[[nodiscard]] int exit_code(ErrorKind kind);

}  // namespace millwright

/// Early return of an error: MW_TRY(expression) for Status, MW_ASSIGN(name, expression) for a value.
#define MW_CONCAT_(a, b) a##b
#define MW_CONCAT(a, b) MW_CONCAT_(a, b)
#define MW_TRY(expression)                                                    \
  do {                                                                        \
    auto&& mw_status = (expression);                                          \
    if (!mw_status) return tl::make_unexpected(std::move(mw_status).error()); \
  } while (false)
#define MW_ASSIGN(name, expression)                                                 \
  auto MW_CONCAT(mw_result_, __LINE__) = (expression);                              \
  if (!MW_CONCAT(mw_result_, __LINE__))                                             \
    return tl::make_unexpected(std::move(MW_CONCAT(mw_result_, __LINE__)).error()); \
  name = std::move(*MW_CONCAT(mw_result_, __LINE__))

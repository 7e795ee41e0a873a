// Events of the guide as rows, and what they make of it.
#pragma once

#include <string_view>
#include <vector>

#include "labels/guide.h"

namespace millwright::labels::detail {

/// Every rule that the events ever named, in the order they came.
[[nodiscard]] std::vector<Rule> replay(const std::vector<GuideEvent>& events);
/// Appends inside a running transaction and audits; returns the rule as it is then.
[[nodiscard]] Result<Rule> append_event(store::Transaction& t, int64_t task, std::string_view kind, const Uuid& rule,
                                        const RuleText& text);
/// The title that a note of an edge case gets: its first line, cut at a word.
[[nodiscard]] std::string title_of_note(std::string_view note);

}  // namespace millwright::labels::detail

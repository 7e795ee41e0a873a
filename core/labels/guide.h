// The edge-case guide of a task: rules that decide hard cases, each with a decision in Markdown and examples. The guide
// is what its events make of it; each event makes the next version, and each label carries the version it was made
// under.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/project.h"

namespace millwright::labels {

enum class RuleState { draft, accepted, rejected, removed };
[[nodiscard]] std::string_view to_string(RuleState state);

struct Rule {
  Uuid id;
  std::string title;
  std::string decision;  ///< Markdown
  std::vector<RecordRef> examples;
  RuleState state = RuleState::draft;
  int first_version = 0;    ///< of the guide, when the rule came up
  int changed_version = 0;  ///< of the guide, when its meaning last changed (add, edit, accept, reject, remove)
  std::string by;           ///< who changed it last
  int64_t time_ms = 0;
};

struct Guide {
  int version = 0;
  std::vector<Rule> rules;  ///< in the order they came; drafts and accepted ones only
};

struct GuideEvent {
  Uuid uuid;
  int version = 0;
  Uuid rule;
  std::string kind;  ///< draft | add | edit | accept | reject | remove
  std::string title;
  std::string decision;
  std::optional<RecordRef> example;
  std::string by;
  std::string device;
  int64_t time_ms = 0;
};

/// The guide as it is, or as it was at a version.
[[nodiscard]] Result<Guide> read_guide(const store::Project& project, int64_t task,
                                       std::optional<int> at_version = std::nullopt);
/// Oldest first.
[[nodiscard]] Result<std::vector<GuideEvent>> guide_history(const store::Project& project, int64_t task);

struct RuleText {
  std::string title;
  std::string decision;
  std::optional<RecordRef> example;
};
/// A new rule that holds at once. Error: usage "guide.no_title".
[[nodiscard]] Result<Rule> add_rule(store::Project& project, int64_t task, const RuleText& text);
/// A new rule that somebody has to accept first.
[[nodiscard]] Result<Rule> draft_rule(store::Project& project, int64_t task, const RuleText& text);
/// Changes title and decision where they are not empty and adds the example where there is one.
[[nodiscard]] Result<Rule> edit_rule(store::Project& project, int64_t task, const Uuid& rule, const RuleText& text);
/// A draft becomes a rule; texts that are not empty replace the draft's.
[[nodiscard]] Result<Rule> accept_rule(store::Project& project, int64_t task, const Uuid& rule,
                                       const RuleText& text = {});
[[nodiscard]] Result<Rule> reject_rule(store::Project& project, int64_t task, const Uuid& rule);
[[nodiscard]] Result<Rule> remove_rule(store::Project& project, int64_t task, const Uuid& rule);
/// By the tail of its id, its title, or the beginning of its title. Errors: bad_input "guide.unknown_rule",
/// "guide.ambiguous_rule".
[[nodiscard]] Result<Rule> find_rule(const store::Project& project, int64_t task, std::string_view typed);

/// Labels made while an older version of a rule held (or before it was there): what a change of it touches.
struct Touched {
  std::vector<RecordRef> records;  ///< labels by persons, at most `limit`, newest first
  int64_t by_persons = 0;          ///< all of them
  int64_t in_bulk = 0;             ///< rows of label files from that time
};
[[nodiscard]] Result<Touched> labels_before_rule(const store::Project& project, int64_t task, const Uuid& rule,
                                                 int64_t limit = 1000);

/// Which rules fit an item: overlap of its words with title, decision and examples, rare words counting more (IDF over
/// the rules). Indices into `rules`, best first; rules without overlap follow in their own order.
struct Fit {
  size_t rule = 0;
  double score = 0;  ///< 0: nothing in common
};
[[nodiscard]] std::vector<Fit> rules_that_fit(const std::vector<Rule>& rules, std::string_view item_text,
                                              const std::vector<std::vector<std::string>>& example_texts = {});

}  // namespace millwright::labels

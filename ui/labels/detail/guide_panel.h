// The edge-case guide beside the item: the rule that fits stands on top; drafts wait at the end; edited in place.
#pragma once

#include <QWidget>
#include <optional>
#include <string>
#include <vector>

#include "labels/guide.h"

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QScrollArea;
class QStackedWidget;
class QTimer;
class QVBoxLayout;

namespace millwright::ui {
class Badge;
class Button;
}  // namespace millwright::ui

namespace millwright::ui::detail {

struct GuideContent {
  labels::Guide guide;
  std::vector<std::vector<std::string>> examples;  ///< texts, by rule
};

class GuidePanel : public QWidget {
  Q_OBJECT
 public:
  explicit GuidePanel(QWidget* parent = nullptr);
  void set_guide(GuideContent content);
  /// Brings the rule that fits these words on top.
  void fit(const QString& words);
  /// G: the rule on top, a waiting draft first; a new one where the guide is empty.
  void edit_top();
  void edit_new(const QString& title = {});
  [[nodiscard]] bool editing() const;
  void stop_editing();
  /// What a change touched: shown under the rules.
  void set_touched(const QString& text);
  [[nodiscard]] int version() const { return content_.guide.version; }
  [[nodiscard]] int drafts() const;

 Q_SIGNALS:
  /// rule: none for a new one. accept: a draft becomes a rule with these texts.
  void save_rule(std::optional<millwright::Uuid> rule, const QString& title, const QString& decision, bool accept);
  void reject_rule(const millwright::Uuid& rule);
  void remove_rule(const millwright::Uuid& rule);
  void queue_touched();
  void left();

 private:
  void build_list();
  QWidget* build_editor();
  QWidget* rule_block(const labels::Rule& rule, bool fits);
  QWidget* draft_block(const labels::Rule& rule);
  void edit(const labels::Rule& rule);
  void save(bool accept);
  [[nodiscard]] const labels::Rule* find(const Uuid& rule) const;

  GuideContent content_;
  QString words_;
  std::optional<Uuid> editing_;
  bool editing_draft_ = false;
  QTimer* refit_;
  Badge* badge_;
  QStackedWidget* stack_;
  QWidget* list_;
  QVBoxLayout* rules_;
  QScrollArea* scroll_;
  QWidget* touched_row_;
  QLabel* touched_;
  QLineEdit* title_ = nullptr;
  QPlainTextEdit* decision_ = nullptr;
  QLabel* editor_head_ = nullptr;
  Button* save_ = nullptr;
  Button* accept_ = nullptr;
  Button* remove_ = nullptr;
};

}  // namespace millwright::ui::detail

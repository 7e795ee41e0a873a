// Finding by typing: a scorer for fuzzy matches and a list under a field.
#pragma once

#include <QStringList>
#include <QVector>
#include <QWidget>
#include <optional>

class QLineEdit;
class QListView;
class QStandardItemModel;

namespace millwright::ui {

struct Match {
  int score = 0;           ///< higher is better
  QVector<int> positions;  ///< of the matched characters in the text
};
/// Every character of the pattern in order, case and diacritics aside; starts of words and runs count more; an exact
/// prefix beats all. nullopt: no match. An empty pattern matches everything with 0.
[[nodiscard]] std::optional<Match> fuzzy_match(const QString& pattern, const QString& text);

/// A search field with the matches under it, best first. Up and down move, Enter chooses, Escape leaves.
class TypeAheadList : public QWidget {
  Q_OBJECT
 public:
  struct Item {
    QString id;
    QString text;
    QString detail;  ///< muted, at the right: a key, a count
    bool enabled = true;
    int weight = 0;  ///< added to the score: what should stand after all others is negative
  };
  explicit TypeAheadList(const QString& prompt, QWidget* parent = nullptr);
  void set_items(QVector<Item> items);
  void set_text(const QString& text);
  [[nodiscard]] QString text() const;
  /// Focuses the field and selects what is in it.
  void start();
  [[nodiscard]] QStringList shown_ids() const;
  [[nodiscard]] QString current_id() const;

 Q_SIGNALS:
  void chosen(const QString& id);
  void left();
  void text_changed(const QString& text);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void filter();
  void choose_current();
  QVector<Item> items_;
  QLineEdit* field_;
  QListView* list_;
  QStandardItemModel* model_;
};

}  // namespace millwright::ui

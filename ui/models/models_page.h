// The Models page: the registry, a model's figures by class, evaluation, promotion and rollback.
#pragma once

#include <memory>
#include <optional>

#include "models/registry.h"
#include "ui_session/standard_page.h"

class QAction;
class QLabel;

namespace millwright::ui {

class Badge;
class Button;
class Card;
class PagedTable;
class Picker;

namespace detail {
class EvaluationView;
class ModelWork;
}  // namespace detail

class ModelsPage : public StandardPage {
  Q_OBJECT
 public:
  explicit ModelsPage(PageContext context, QWidget* parent = nullptr);
  ~ModelsPage() override;
  /// {"model": tail}
  void activate(const QVariantMap& arguments) override;
  void refresh() override;

 protected:
  /// A model folder may be dropped anywhere on the page.
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  struct Overview;
  QWidget* build_right();
  void add_commands();
  void take(std::shared_ptr<Overview> overview);
  void show_model(int64_t model);
  void show_facts(const models::Model& model);
  void show_evaluations(int64_t model);
  void choose_evaluation(int64_t evaluation);
  void show_cell(int truth, int predicted);
  void promote();
  void roll_back();
  void evaluate();
  void export_model(models::ModelFormat format);
  void embed();
  [[nodiscard]] const models::Model* chosen() const;

  struct Evaluations;
  std::shared_ptr<Overview> overview_;
  std::shared_ptr<Evaluations> evaluations_;
  int64_t model_ = 0;
  QString wanted_;

  PagedTable* models_ = nullptr;
  Card* facts_card_ = nullptr;
  QLabel* facts_ = nullptr;
  QLabel* history_ = nullptr;
  Badge* stage_ = nullptr;
  Button* promote_ = nullptr;
  Button* roll_back_ = nullptr;
  Button* embed_ = nullptr;
  QAction* embed_action_ = nullptr;
  detail::ModelWork* works_ = nullptr;
  Picker* on_ = nullptr;
  QLabel* figures_ = nullptr;
  Card* evaluation_card_ = nullptr;
  detail::EvaluationView* evaluation_ = nullptr;
};

}  // namespace millwright::ui

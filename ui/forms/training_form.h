// What a training is started with, whatever it trains for: the options of an algorithm, from the one declaration of
// them that the engine reads too, and where it begins, with which seed and on which device.
#pragma once

#include <QWidget>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/algorithms.h"
#include "models/registry.h"

class QComboBox;
class QFormLayout;
class QSpinBox;

namespace millwright::ui {

/// The widget holds the options, and scrolls; the other fields stand in the form of whoever asks.
class TrainingForm : public QWidget {
  Q_OBJECT
 public:
  /// Adds the rows "Starts from", "Seed" and "Device" to a form. `models`: those of the registry; encoders among them
  /// can be started from.
  TrainingForm(QFormLayout* form, const std::vector<models::Model>& models, QWidget* parent = nullptr);
  /// What an algorithm does not take is not asked for; nor is an option in `left_out`.
  void show_algorithm(const jobs::Algorithm& algorithm, const std::set<std::string_view>& left_out = {});
  /// The field of an option that is asked for; nullptr: it is not.
  [[nodiscard]] QWidget* field(const QString& option) const;
  /// Option → value, as typed.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> settings() const;
  /// Id of the model to start from; empty: none.
  [[nodiscard]] std::string base() const;
  [[nodiscard]] uint64_t seed() const;
  [[nodiscard]] std::string device() const;

 Q_SIGNALS:
  /// Anything has another value.
  void changed();

 private:
  QFormLayout* form_;
  QFormLayout* options_form_;
  std::map<QString, QWidget*> fields_;
  QComboBox* base_;
  QSpinBox* seed_;
  QComboBox* device_;
  bool takes_base_ = false;
};

}  // namespace millwright::ui

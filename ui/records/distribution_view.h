// A field's distribution as a picture that can be brushed: over one window, or over two that are compared. Numbers and
// times as a histogram, categories and yes-or-no as bars; what is brushed is an expression over rows.
#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <string>

#include "records/columns.h"
#include "records/where.h"
#include "ui_session/project_session.h"

class QLabel;
class QStackedWidget;

namespace millwright::ui {

class BarChart;
class Chart;
class HistogramChart;
class SegmentedControl;

struct DistributionRequest {
  std::string field;
  records::Window reference;
  QString reference_name;
  std::optional<records::Window> current;
  QString current_name;
  records::Where where;
  /// Places of the rows of the current window that count, ascending, `where` included; null: all that `where` chooses.
  std::shared_ptr<const std::vector<int64_t>> current_rows;
  records::Count count = records::Count::arrivals;
};

/// What lies behind a brush.
struct BrushedPart {
  records::Where where;  ///< the brush alone, without the request's own expression
  QString words;         ///< "2.1 to 14 MB", "rust, golang"
  qint64 reference = 0;  ///< rows
  qint64 current = 0;
};

class DistributionView : public QWidget {
  Q_OBJECT
 public:
  explicit DistributionView(ProjectSession& session, QWidget* parent = nullptr);
  ~DistributionView() override;
  void show_field(const DistributionRequest& request);
  void clear(const QString& text);
  void clear_brush();
  [[nodiscard]] std::optional<BrushedPart> brushed_part() const;
  [[nodiscard]] bool busy() const { return busy_; }
  /// One of these is shown; for tests and for whoever exports.
  [[nodiscard]] HistogramChart* histogram() const { return histogram_; }
  [[nodiscard]] BarChart* bars() const { return bars_; }
  [[nodiscard]] bool shows_bars() const;
  /// "log scale · share of each batch"; beside the title.
  [[nodiscard]] QString note() const { return note_; }
  /// Histogram or cumulative; for a card's head.
  [[nodiscard]] SegmentedControl* modes() const { return modes_; }

 Q_SIGNALS:
  void brushed(const millwright::ui::BrushedPart& part);
  void brush_cleared();
  void shown();
  void failed(const millwright::Error& error);

 private:
  struct Picture;
  [[nodiscard]] static Result<std::shared_ptr<Picture>> look(store::Project& project,
                                                             const DistributionRequest& request, const Work& work);
  void take(std::shared_ptr<Picture> picture);
  void brush_numbers(double low, double high, qint64 reference, qint64 current);
  void brush_names(const QStringList& names);
  ProjectSession& session_;
  DistributionRequest request_;
  std::shared_ptr<Picture> picture_;
  std::optional<BrushedPart> part_;
  QStackedWidget* stack_;
  HistogramChart* histogram_;
  BarChart* bars_;
  QLabel* words_;
  SegmentedControl* modes_;
  QString note_;
  bool busy_ = false;
};

}  // namespace millwright::ui

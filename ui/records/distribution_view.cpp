#include "distribution_view.h"

#include <QLabel>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "statistics/histogram.h"
#include "ui_charts/bar_chart.h"
#include "ui_charts/histogram_chart.h"
#include "ui_widgets/buttons.h"
#include "ui_widgets/card.h"
#include "words.h"

namespace millwright::ui {
namespace {

constexpr size_t kMostBars = 1000;

/// Rows of each value; the empty optional's place is kept apart as missing.
struct Counted {
  std::unordered_map<std::string, int64_t> values;
  int64_t missing = 0;
};

void count_category(const records::Column& column, Counted& counted) {
  std::vector<int64_t> counts(column.dictionary.size());
  for (const int32_t code : column.codes) {
    if (code < 0) {
      ++counted.missing;
    } else {
      ++counts[static_cast<size_t>(code)];
    }
  }
  for (size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) counted.values[column.dictionary[i]] += counts[i];
}

void count_texts(const records::Column& column, Counted& counted) {
  std::unordered_map<std::string_view, int64_t> seen;
  for (int64_t row = 0; row < column.rows; ++row) {
    if (column.has(row)) {
      ++seen[column.text(row)];
    } else {
      ++counted.missing;
    }
  }
  for (const auto& [value, count] : seen) counted.values[std::string(value)] += count;
}

void count_booleans(const records::Column& column, Counted& counted) {
  for (const double value : column.numbers) {
    if (std::isnan(value)) {
      ++counted.missing;
    } else {
      ++counted.values[value != 0 ? "true" : "false"];
    }
  }
}

Counted count_values(const records::Column& column) {
  Counted counted;
  if (column.type == records::FieldType::category) count_category(column, counted);
  if (column.type == records::FieldType::text) count_texts(column, counted);
  if (column.type == records::FieldType::boolean) count_booleans(column, counted);
  return counted;
}

Result<records::Column> read_column(store::Project& project, const records::Window& window,
                                    const DistributionRequest& request, const std::vector<int64_t>* chosen = nullptr) {
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window, request.count));
  if (chosen != nullptr) return scan.column(request.field, *chosen);
  if (request.where.empty()) return scan.column(request.field);
  MW_ASSIGN(const auto rows, scan.select(request.where));
  return scan.column(request.field, rows);
}

/// A logarithmic axis where a linear one would show one bar and a tail. A sample of the values is enough to see that.
ScaleKind scale_for(std::span<const double> values) {
  constexpr size_t kLooked = 20'000;
  std::vector<double> sample;
  const size_t step = std::max<size_t>(1, values.size() / kLooked);
  for (size_t i = 0; i < values.size(); i += step)
    if (std::isfinite(values[i])) sample.push_back(values[i]);
  std::sort(sample.begin(), sample.end());
  const bool positive = !sample.empty() && sample.front() > 0;
  if (positive && statistics::wants_log_scale(sample) &&
      std::none_of(values.begin(), values.end(), [](double v) { return v <= 0; }))
    return ScaleKind::log10;
  return suggested_scale(values);
}

}  // namespace

struct DistributionView::Picture {
  bool numbers = false;
  records::FieldType type = records::FieldType::text;
  HistogramData histogram;
  CategoryData bars;
  std::vector<std::string> values;  ///< of the bars, as in the data
  int64_t missing_reference = 0, missing_current = 0;
  int64_t more = 0;  ///< values without a bar
  int missing_bar = -1;
  bool nothing_repeats = false;
};

namespace {

void fill_bars(CategoryData& bars, std::vector<std::string>& values, int64_t& more, const Counted& reference,
               const std::optional<Counted>& current) {
  std::unordered_map<std::string, std::pair<int64_t, int64_t>> both;
  for (const auto& [value, count] : reference.values) both[value].first += count;
  if (current)
    for (const auto& [value, count] : current->values) both[value].second += count;
  std::vector<std::pair<std::string, std::pair<int64_t, int64_t>>> sorted(both.begin(), both.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    const auto sum_a = a.second.first + a.second.second, sum_b = b.second.first + b.second.second;
    return sum_a != sum_b ? sum_a > sum_b : a.first < b.first;
  });
  more = static_cast<int64_t>(sorted.size()) - static_cast<int64_t>(std::min(sorted.size(), kMostBars));
  sorted.resize(std::min(sorted.size(), kMostBars));
  for (const auto& [value, counts] : sorted) {
    values.push_back(value);
    bars.names.push_back(value.empty() ? QObject::tr("(empty)") : one_line(value));
    bars.reference.push_back(static_cast<double>(counts.first));
    if (current) bars.current.push_back(static_cast<double>(counts.second));
  }
}

}  // namespace

Result<std::shared_ptr<DistributionView::Picture>> DistributionView::look(store::Project& project,
                                                                          const DistributionRequest& request,
                                                                          const Work& work) {
  auto picture = std::make_shared<Picture>();
  MW_ASSIGN(const auto reference, read_column(project, request.reference, request));
  std::optional<records::Column> current;
  if (request.current) {
    MW_ASSIGN(current, read_column(project, *request.current, request, request.current_rows.get()));
  }
  if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
  picture->type = current ? records::widest(reference.type, current->type) : reference.type;
  const auto numeric = [](const records::Column& c) { return c.is_number() && c.type != records::FieldType::boolean; };
  picture->numbers = numeric(reference) && (!current || numeric(*current));
  picture->missing_reference = reference.missing;
  picture->missing_current = current ? current->missing : 0;
  if (picture->numbers) {
    std::span<const double> values(current && reference.numbers.empty() ? current->numbers : reference.numbers);
    const auto scale = picture->type == records::FieldType::timestamp ? ScaleKind::linear : scale_for(values);
    picture->histogram = make_histogram(
        reference.numbers, current ? std::span<const double>(current->numbers) : std::span<const double>(), scale);
    return picture;
  }
  const Counted counted = count_values(reference);
  std::optional<Counted> counted_current;
  if (current) counted_current = count_values(*current);
  fill_bars(picture->bars, picture->values, picture->more, counted, counted_current);
  picture->nothing_repeats = picture->type == records::FieldType::text && !current &&
                             !picture->bars.reference.empty() && picture->bars.reference.front() <= 1;
  const int64_t missing_current = counted_current ? counted_current->missing : 0;
  if (counted.missing + missing_current > 0) {
    picture->missing_bar = static_cast<int>(picture->values.size());
    picture->values.emplace_back();
    picture->bars.names.push_back(QObject::tr("(missing)"));
    picture->bars.reference.push_back(static_cast<double>(counted.missing));
    if (current) picture->bars.current.push_back(static_cast<double>(missing_current));
  }
  return picture;
}

DistributionView::DistributionView(ProjectSession& session, QWidget* parent) : QWidget(parent), session_(session) {
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(0, 0, 0, 0);
  all->setSpacing(px(4));
  stack_ = new QStackedWidget;
  histogram_ = new HistogramChart;
  bars_ = new BarChart;
  words_ = make_label({}, FontRole::body, Tone::muted);
  words_->setAlignment(Qt::AlignCenter);
  words_->setWordWrap(true);
  stack_->addWidget(words_);
  stack_->addWidget(histogram_);
  stack_->addWidget(bars_);
  all->addWidget(stack_, 1);
  modes_ = new SegmentedControl({tr("Histogram"), tr("Cumulative")});
  modes_->setAccessibleName(tr("Kind of picture"));
  modes_->hide();
  connect(modes_, &SegmentedControl::changed, this, [this](int mode) {
    histogram_->set_mode(mode == 1 ? HistogramChart::Mode::cumulative : HistogramChart::Mode::bars);
  });
  connect(histogram_, &HistogramChart::brushed, this, [this](const BrushedRows& rows) {
    brush_numbers(rows.range.low, rows.range.high, rows.reference, rows.current);
  });
  const auto cleared = [this] {
    part_.reset();
    Q_EMIT brush_cleared();
  };
  connect(histogram_, &HistogramChart::brush_cleared, this, cleared);
  connect(bars_, &BarChart::selection_changed, this, [this, cleared](const QStringList& names) {
    if (names.isEmpty()) {
      cleared();
    } else {
      brush_names(names);
    }
  });
}

DistributionView::~DistributionView() = default;

bool DistributionView::shows_bars() const { return stack_->currentWidget() == bars_; }
std::optional<BrushedPart> DistributionView::brushed_part() const { return part_; }

void DistributionView::clear(const QString& text) {
  session_.stop_read(this, "distribution");
  busy_ = false;
  part_.reset();
  note_.clear();
  modes_->hide();
  words_->setText(text);
  stack_->setCurrentWidget(words_);
}

void DistributionView::clear_brush() {
  if (shows_bars()) {
    bars_->set_selected({});
  } else {
    histogram_->set_brush(std::nullopt);
  }
  part_.reset();
}

void DistributionView::show_field(const DistributionRequest& request) {
  request_ = request;
  busy_ = true;
  session_.read(
      this, "distribution",
      [request](store::Project& project, const Work& work) { return look(project, request, work); },
      [this](Result<std::shared_ptr<Picture>> picture) {
        busy_ = false;
        if (!picture) {
          Q_EMIT failed(picture.error());
          return;
        }
        take(std::move(*picture));
        Q_EMIT shown();
      });
}

void DistributionView::take(std::shared_ptr<Picture> picture) {
  picture_ = std::move(picture);
  part_.reset();
  const QString field = text_of(request_.field);
  const QString share = request_.current ? tr("share of each window") : tr("number of rows");
  QStringList remarks;
  if (picture_->numbers) {
    auto data = picture_->histogram;
    data.reference_name = request_.reference_name;
    data.current_name = request_.current_name;
    data.field = field;
    data.format = [type = picture_->type](double value) { return value_text(value, type); };
    if (data.scale == ScaleKind::log10) remarks << tr("log scale");
    histogram_->set_title(tr("Distribution of %1").arg(field));
    histogram_->set_shares(request_.current.has_value());
    histogram_->set_data(std::move(data));
    stack_->setCurrentWidget(histogram_);
  } else {
    auto data = picture_->bars;
    data.reference_name = request_.reference_name;
    data.current_name = request_.current_name;
    data.field = field;
    bars_->set_title(tr("Distribution of %1").arg(field));
    bars_->set_data(std::move(data));
    bars_->set_selected({});
    if (picture_->nothing_repeats) {
      words_->setText(tr("No value of %1 occurs twice: there is no distribution to draw.").arg(field));
      stack_->setCurrentWidget(words_);
    } else {
      stack_->setCurrentWidget(bars_);
    }
    if (picture_->more > 0) remarks << tr("the %n commonest values", nullptr, static_cast<int>(kMostBars));
  }
  modes_->setVisible(picture_->numbers);
  remarks << share;
  if (picture_->numbers && picture_->missing_reference + picture_->missing_current > 0)
    remarks
        << tr("%1 missing").arg(figure(static_cast<qint64>(picture_->missing_reference + picture_->missing_current)));
  note_ = remarks.join(QStringLiteral(" · "));
}

void DistributionView::brush_numbers(double low, double high, qint64 reference, qint64 current) {
  if (!picture_ || picture_->histogram.edges.empty()) return;
  const bool closed = high >= picture_->histogram.edges.back();
  BrushedPart part;
  part.where = records::Where::between(request_.field, low, high, closed);
  part.words = tr("%1 to %2").arg(value_text(low, picture_->type), value_text(high, picture_->type));
  part.reference = reference;
  part.current = current;
  part_ = part;
  Q_EMIT brushed(part);
}

void DistributionView::brush_names(const QStringList& names) {
  if (!picture_) return;
  BrushedPart part;
  std::vector<std::string> values;
  bool missing = false;
  for (int i = 0; i < picture_->bars.names.size(); ++i) {
    if (!names.contains(picture_->bars.names[i])) continue;
    if (i == picture_->missing_bar) {
      missing = true;
    } else {
      values.push_back(picture_->values[static_cast<size_t>(i)]);
    }
  }
  if (!values.empty()) part.where = records::Where::any_of(request_.field, values);
  if (missing) {
    const auto absent = records::Where::missing(request_.field);
    if (values.empty()) {
      part.where = absent;
    } else if (auto either = records::Where::parse(part.where.text() + " or " + absent.text())) {
      part.where = std::move(*either);
    }
  }
  part.words =
      names.size() <= 3 ? names.join(QStringLiteral(", ")) : tr("%n values", nullptr, static_cast<int>(names.size()));
  part.reference = bars_->selected_reference();
  part.current = bars_->selected_current();
  part_ = part;
  Q_EMIT brushed(part);
}

}  // namespace millwright::ui

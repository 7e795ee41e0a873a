#include "field_rows.h"

#include <QObject>
#include <array>

#include "ui_records/words.h"

namespace millwright::ui::detail {
namespace {

bool is_number(records::FieldType type) {
  return type == records::FieldType::integer || type == records::FieldType::real ||
         type == records::FieldType::timestamp;
}

QString range_of(const statistics::FieldSummary& summary, records::FieldType type) {
  if (summary.count() == 0) return QStringLiteral("–");
  if (is_number(type)) {
    const std::array<double, 3> wanted = {0.05, 0.5, 0.95};
    QStringList parts;
    for (const double value : summary.quantiles().quantiles(wanted)) parts << value_text(value, type);
    return parts.join(QStringLiteral("  "));
  }
  QStringList top;
  for (const auto& entry : summary.frequent().entries()) {
    if (top.size() >= 3 || entry.count < 2) break;
    top << one_line(std::string_view(entry.value).substr(0, 40));
  }
  return top.join(QStringLiteral(", "));
}

}  // namespace

std::vector<Column> field_columns() {
  return {{.title = QObject::tr("Field"), .width = 128},
          {.title = QObject::tr("Missing"), .kind = Column::Kind::figure, .width = 66},
          {.title = QObject::tr("Distinct"), .kind = Column::Kind::figure, .width = 72},
          {.title = QObject::tr("5 %   50 %   95 %"),
           .stretch = true,
           .tool_tip = QObject::tr("Quantiles of numbers and times; the commonest values of the others")}};
}

Result<std::vector<Row>> read_field_rows(store::Project& project, const records::Window& window, const Work& work) {
  MW_ASSIGN(const auto scan, records::ColumnScan::open(project, window));
  std::vector<Row> rows;
  for (const auto& field : scan.fields()) {
    if (work.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped.");
    MW_ASSIGN(const auto summary, scan.summary(field.name));
    const int64_t all = summary.count() + summary.missing();
    const double missing = all > 0 ? static_cast<double>(summary.missing()) / static_cast<double>(all) : 0;
    Cell range(range_of(summary, field.type));
    range.tool_tip = range.text;
    const QString distinct = (summary.distinct().exact() ? QString() : QStringLiteral("~")) +
                             figure(static_cast<qint64>(summary.distinct().value()));
    rows.push_back(
        {QVariant(text_of(field.name)),
         {Cell::two_lines(text_of(field.name), field.declared ? QObject::tr("%1, declared").arg(type_word(field.type))
                                                              : type_word(field.type)),
          summary.missing() == 0 ? QStringLiteral("0") : percent(missing), distinct, range}});
  }
  return rows;
}

QString first_interesting(const std::vector<Row>& rows) {
  const std::array<QString, 3> wanted = {type_word(records::FieldType::integer), type_word(records::FieldType::real),
                                         type_word(records::FieldType::category)};
  for (const auto& type : wanted)
    for (const auto& row : rows)
      if (row.cells.front().detail.startsWith(type)) return row.key.toString();
  return rows.empty() ? QString() : rows.front().key.toString();
}

}  // namespace millwright::ui::detail

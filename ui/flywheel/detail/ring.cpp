#include "detail/ring.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <numbers>

namespace millwright::ui {

namespace {
constexpr double kStroke = 12;
constexpr double kNode = 13;  // radius of a node
constexpr double kGap = 10;   // between ring and words

double distance_to(const QRectF& box, const QPointF& p) {
  const double dx = std::max({box.left() - p.x(), 0.0, p.x() - box.right()});
  const double dy = std::max({box.top() - p.y(), 0.0, p.y() - box.bottom()});
  return std::hypot(dx, dy);
}
}  // namespace

Ring::Ring(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
  setAccessibleName(tr("The loop"));
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
}

void Ring::set_stages(QVector<RingStage> stages) {
  stages_ = std::move(stages);
  QStringList said;
  for (const auto& stage : stages_)
    said << QStringLiteral("%1: %2. %3")
                .arg(stage.name, stage.state_word, QString(stage.figures).replace('\n', QLatin1String(", ")));
  setAccessibleDescription(said.join(' '));
  update();
}

void Ring::set_middle(const QString& above, const QString& large, const QString& below) {
  above_ = above;
  large_ = large;
  below_ = below;
  update();
}

QSize Ring::sizeHint() const { return {px(560), px(460)}; }
QSize Ring::minimumSizeHint() const { return {px(380), px(300)}; }

// The ring as large as the words around it allow: each box grows outwards from its node, and is pushed on until no
// corner of it comes nearer to the centre than the ring's outer edge.
Ring::Geometry Ring::geometry_for(QSizeF size) const {
  Geometry g;
  const QFontMetrics name(role_font(FontRole::strong)), figures(role_font(FontRole::caption));
  const double most = std::min<double>(std::min(size.width(), size.height()) / 2, px(300));
  const double widest = std::max<double>(px(90), size.width() * 0.28);
  const auto count = stages_.size();
  for (double radius = most; radius > px(40); radius -= 3) {
    g.radius = radius;
    g.centre = QPointF(size.width() / 2, size.height() / 2);
    g.places.clear();
    const double keep = radius + px(kNode) + px(kGap);
    QRectF all;
    bool apart = true;
    for (qsizetype i = 0; i < count; ++i) {
      const double angle =
          2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(count) - std::numbers::pi / 2;
      const QPointF way(std::cos(angle), std::sin(angle));
      double width = name.horizontalAdvance(stages_[i].name), height = name.height();
      for (const auto& line : stages_[i].figures.split('\n', Qt::SkipEmptyParts)) {
        width = std::max<double>(width, figures.horizontalAdvance(line));
        height += figures.height() + 1;
      }
      width = std::min(width + 4, widest);
      // -1 … 1: which side of the box looks at the ring; beside the ring it is a side, above and below it the middle.
      const double side = std::clamp(way.x() * 1.8, -1.0, 1.0), rise = std::clamp(way.y() * 1.2, -1.0, 1.0);
      QRectF box(0, 0, width, height);
      double far = keep;
      do {
        box.moveCenter(g.centre + way * far + QPointF(side * width / 2, rise * height / 2));
        far += 2;
      } while (distance_to(box, g.centre) < keep && far < keep + 400);
      for (const auto& other : g.places) apart = apart && !other.words.adjusted(-6, -4, 6, 4).intersects(box);
      g.places.push_back({g.centre + way * radius, box});
      all = all.united(box);
    }
    if (apart && all.width() <= size.width() - 4 && all.height() <= size.height() - 4) {
      // Words are not even on all sides: the whole is put in the middle.
      const QPointF shift = QRectF(QPointF(), size).center() - all.center();
      g.centre += shift;
      for (auto& place : g.places) {
        place.node += shift;
        place.words.translate(shift);
      }
      break;
    }
  }
  return g;
}

void Ring::paintEvent(QPaintEvent*) {
  if (stages_.isEmpty()) return;
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Tokens& t = tokens();
  const Geometry g = geometry_for(QSizeF(size()));
  const QRectF circle(g.centre - QPointF(g.radius, g.radius), QSizeF(2 * g.radius, 2 * g.radius));
  const auto count = stages_.size();
  const double part = 360.0 / static_cast<double>(count);
  for (qsizetype i = 0; i < count; ++i) {
    // The way from a stage to the next is filled once the next has something to show.
    const bool done = stages_[i].state != State::neutral && stages_[(i + 1) % count].state != State::neutral;
    painter.setPen(QPen(done ? mix(t.accent, t.surface, 0.85) : t.line, px(kStroke), Qt::SolidLine, Qt::FlatCap));
    painter.drawArc(circle, static_cast<int>((90 - part * static_cast<double>(i)) * 16), static_cast<int>(-part * 16));
  }
  for (qsizetype i = 0; i < count; ++i) {
    const auto& place = g.places[i];
    const QColor color = stages_[i].state == State::neutral ? t.faint : color_of(stages_[i].state);
    const bool lit = i == hover_ || (hasFocus() && i == cursor_);
    painter.setPen(QPen(color, lit ? 4 : 3));
    painter.setBrush(t.surface);
    painter.drawEllipse(place.node, px(kNode - 1.5), px(kNode - 1.5));
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    if (stages_[i].state != State::neutral) painter.drawEllipse(place.node, px(5), px(5));
    const double middle = place.words.center().x() - g.centre.x();
    const auto side = std::abs(middle) < place.words.width() * 0.3 ? Qt::AlignHCenter
                      : middle < 0                                 ? Qt::AlignRight
                                                                   : Qt::AlignLeft;
    QRectF line = place.words;
    const auto write = [&](const QString& text, FontRole role, const QColor& ink) {
      painter.setFont(role_font(role));
      painter.setPen(ink);
      line.setHeight(painter.fontMetrics().height() + 1);
      painter.drawText(line, side | Qt::AlignTop | Qt::TextSingleLine,
                       painter.fontMetrics().elidedText(text, Qt::ElideRight, static_cast<int>(line.width()) + 1));
      line.translate(0, line.height());
    };
    write(stages_[i].name, FontRole::strong, lit ? t.accent_text : t.text);
    const QColor ink = stages_[i].state == State::fail      ? t.fail_text
                       : stages_[i].state == State::warning ? t.warning_text
                                                            : t.muted;
    for (const auto& text : stages_[i].figures.split('\n', Qt::SkipEmptyParts)) write(text, FontRole::caption, ink);
  }
  paint_middle(painter, g);
}

void Ring::paint_middle(QPainter& painter, const Geometry& g) {
  const Tokens& t = tokens();
  const double inner = 2 * (g.radius - px(kStroke)) * 0.86;
  QFont large = role_font(FontRole::kpi);
  large.setPixelSize(px(30));
  while (large.pixelSize() > px(16) && QFontMetrics(large).horizontalAdvance(large_) > inner)
    large.setPixelSize(large.pixelSize() - 1);
  const QFontMetrics big(large), small(role_font(FontRole::body));
  const double whole = small.height() * 2 + big.height() + px(4);
  double y = g.centre.y() - whole / 2;
  const auto line = [&](const QString& text, const QFont& f, const QColor& color, double height) {
    painter.setFont(f);
    painter.setPen(color);
    painter.drawText(QRectF(g.centre.x() - inner / 2, y, inner, height), Qt::AlignCenter,
                     painter.fontMetrics().elidedText(text, Qt::ElideRight, static_cast<int>(inner)));
    y += height + px(2);
  };
  line(above_, role_font(FontRole::body), t.muted, small.height());
  line(large_, large, t.text, big.height());
  line(below_, role_font(FontRole::body), t.muted, small.height());
}

int Ring::stage_at(const QPointF& where) const {
  const Geometry g = geometry_for(QSizeF(size()));
  for (qsizetype i = 0; i < g.places.size(); ++i) {
    const QPointF way = where - g.places[i].node;
    if (g.places[i].words.adjusted(-4, -4, 4, 4).contains(where) || std::hypot(way.x(), way.y()) < px(kNode + 3))
      return static_cast<int>(i);
  }
  return -1;
}

void Ring::mouseMoveEvent(QMouseEvent* event) {
  const int now = stage_at(event->position());
  if (now == hover_) return;
  hover_ = now;
  now >= 0 ? setCursor(Qt::PointingHandCursor) : unsetCursor();
  update();
}

void Ring::mousePressEvent(QMouseEvent* event) {
  if (const int i = stage_at(event->position()); i >= 0) Q_EMIT chosen(stages_[i].id);
}

void Ring::leaveEvent(QEvent*) {
  hover_ = -1;
  update();
}

void Ring::keyPressEvent(QKeyEvent* event) {
  const auto count = static_cast<int>(stages_.size());
  if (count == 0) return QWidget::keyPressEvent(event);
  switch (event->key()) {
    case Qt::Key_Right:
    case Qt::Key_Down:
      cursor_ = (cursor_ + 1) % count;
      break;
    case Qt::Key_Left:
    case Qt::Key_Up:
      cursor_ = (cursor_ + count - 1) % count;
      break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      Q_EMIT chosen(stages_[cursor_].id);
      break;
    default:
      return QWidget::keyPressEvent(event);
  }
  update();
}

}  // namespace millwright::ui

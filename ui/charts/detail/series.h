// A series of points that can be drawn at any length: per pixel column its first, lowest, highest and last point (M4,
// Jugel et al. 2014), which is the same picture as all of them. Blocks remember their extremes, so that ten million
// points cost about as much as the columns.
#pragma once

#include <QPointF>
#include <QVector>
#include <cstddef>
#include <vector>

namespace millwright::ui {

class Series {
 public:
  /// x must not fall.
  void append(double x, double y);
  void assign(std::vector<double> x, std::vector<double> y);
  void clear();
  [[nodiscard]] size_t size() const { return x_.size(); }
  [[nodiscard]] const std::vector<double>& x() const { return x_; }
  [[nodiscard]] const std::vector<double>& y() const { return y_; }
  /// Lowest and highest y in [low, high] of x; false where there is no point.
  [[nodiscard]] bool extent(double low, double high, double& least, double& most) const;
  /// Points to draw for x in [low, high] over so many columns; one point beyond each end, so that lines reach the edge.
  /// A NaN parts the line: runs are separate.
  [[nodiscard]] std::vector<std::vector<QPointF>> decimated(double low, double high, int columns) const;
  /// Index of the point nearest to x; size() where there is none.
  [[nodiscard]] size_t nearest(double x) const;

 private:
  struct Block {
    size_t lowest, highest;  // npos: only NaN
    bool gaps;
  };
  void close_block(size_t block);
  void scan(size_t from, size_t to, size_t& lowest, size_t& highest) const;
  std::vector<double> x_, y_;
  std::vector<Block> blocks_;  // full blocks only
};

}  // namespace millwright::ui

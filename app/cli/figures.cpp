#include "figures.h"

#include <cmath>

namespace millwright::cli {

std::string figure_text(std::string_view name, double value, int digits) {
  if (!std::isfinite(value)) return "–";
  const bool share = name != "r2" && name != "mae" && name != "rmse" && name != "pearson";
  return share ? percent(value, digits) : fixed(value, 3);
}

std::string figure_text(std::string_view name, const statistics::Estimate& estimate, int digits) {
  std::string text = figure_text(name, estimate.value, digits);
  if (std::isfinite(estimate.low) && std::isfinite(estimate.high))
    text += " (" + figure_text(name, estimate.low, digits) + " – " + figure_text(name, estimate.high, digits) + ")";
  return text;
}

std::string headline_text(const Json& metrics) {
  const auto headline = models::headline_of(metrics);
  if (!headline) return "–";
  return std::string(models::title_of_figure(headline->name)) + " " +
         figure_text(headline->name, headline->value.value);
}

}  // namespace millwright::cli

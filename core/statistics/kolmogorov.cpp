// Distributions of the Kolmogorov–Smirnov statistic. Which method where follows Simard & L'Ecuyer (2011), "Computing
// the two-sided Kolmogorov–Smirnov distribution", J. Stat. Software 39(11), the way scipy's kstwo does.
#include <algorithm>
#include <array>
#include <boost/math/constants/constants.hpp>
#include <cmath>
#include <utility>
#include <vector>

#include "statistics/two_sample.h"

namespace millwright::statistics {
namespace {

constexpr int64_t kExactProduct = 10'000;
/// Above this many values the exact one-sided sum is replaced by its expansion, whose error is then below 1e-9.
constexpr int64_t kSumLimit = 20'000;

/// P(D+_n ≥ x), one-sided: Birnbaum & Tingey (1951), a sum of positive terms, in logarithms.
double one_sided_sum(int64_t n, double x) {
  const auto size = static_cast<double>(n);
  const auto last = static_cast<int64_t>(std::floor(size * (1 - x)));
  double log_choose = 0;  // log C(n, j)
  double sum = 0;
  for (int64_t j = 0; j <= last; ++j) {
    const auto k = static_cast<double>(j);
    if (j > 0) log_choose += std::log((size - k + 1) / k);
    const double below = 1 - x - k / size;
    const double term = log_choose + (k - 1) * std::log(x + k / size);
    if (below > 0)
      sum += std::exp(term + (size - k) * std::log(below));
    else if (j == n)
      sum += std::exp(term);
  }
  return std::min(1.0, x * sum);
}

/// The same for many values: Lauwerier's expansion in 1/√n (1963), three corrections to exp(−2z²).
double one_sided_expansion(double n, double x) {
  const double z = x * std::sqrt(n), z2 = z * z, root = std::sqrt(n);
  const double series = 1 - 2 * z / (3 * root) + 2 * z2 / (3 * n) * (1 - 2 * z2 / 3) +
                        4 * z / (9 * n * root) * (0.2 - 19 * z2 / 15 + 2 * z2 * z2 / 3);
  // Far out the series no longer converges; the exponential form that it comes from still does.
  if (z2 * z2 > 0.05 * n) return std::exp(-(6 * n * x + 1) * (6 * n * x + 1) / (18 * n));
  return std::exp(-2 * z2) * series;
}

double one_sided(int64_t n, double x) {
  return n <= kSumLimit ? one_sided_sum(n, x) : one_sided_expansion(static_cast<double>(n), x);
}

using Matrix = std::vector<double>;

/// Keeps a matrix's middle near 1: entries are times 10^exponent.
void rescale(Matrix& a, size_t size, int& exponent) {
  if (a[(size / 2) * size + size / 2] <= 1e140) return;
  for (double& v : a) v *= 1e-140;
  exponent += 140;
}

Matrix product(const Matrix& a, const Matrix& b, size_t size) {
  Matrix c(size * size);
  for (size_t i = 0; i < size; ++i)
    for (size_t k = 0; k < size; ++k) {
      const double f = a[i * size + k];
      for (size_t j = 0; j < size; ++j) c[i * size + j] += f * b[k * size + j];
    }
  return c;
}

/// P(D_n < d): Durbin's matrix as in Marsaglia, Tsang & Wang (2003).
double matrix_cdf(int64_t n, double d) {
  const double nd = static_cast<double>(n) * d;
  const auto k = static_cast<size_t>(std::ceil(nd));
  const size_t size = 2 * k - 1;
  const double h = static_cast<double>(k) - nd;
  Matrix base(size * size);
  for (size_t i = 0; i < size; ++i)
    for (size_t j = 0; j < size; ++j) base[i * size + j] = i + 1 >= j ? 1 : 0;
  for (size_t i = 0; i < size; ++i) {
    base[i * size] -= std::pow(h, static_cast<double>(i + 1));
    base[(size - 1) * size + i] -= std::pow(h, static_cast<double>(size - i));
  }
  base[(size - 1) * size] += 2 * h - 1 > 0 ? std::pow(2 * h - 1, static_cast<double>(size)) : 0;
  for (size_t i = 0; i < size; ++i)
    for (size_t j = 0; j < size; ++j)
      for (size_t g = 1; g + j <= i + 1; ++g) base[i * size + j] /= static_cast<double>(g);
  Matrix power(size * size);
  for (size_t i = 0; i < size; ++i) power[i * size + i] = 1;
  int power_exponent = 0, base_exponent = 0;
  for (int64_t left = n; left > 0; left >>= 1) {
    if (left & 1) {
      power = product(power, base, size);
      power_exponent += base_exponent;
      rescale(power, size, power_exponent);
    }
    if (left > 1) {
      base = product(base, base, size);
      base_exponent *= 2;
      rescale(base, size, base_exponent);
    }
  }
  double p = power[(k - 1) * size + k - 1];
  for (int64_t i = 1; i <= n; ++i) {
    p *= static_cast<double>(i) / static_cast<double>(n);
    if (p < 1e-140) {
      p *= 1e140;
      power_exponent -= 140;
    }
  }
  return std::clamp(p * std::pow(10.0, power_exponent), 0.0, 1.0);
}

/// P(D_n < d): the expansion of Pelz & Good (1976), terms up to n^(-3/2).
double pelz_good_cdf(int64_t n, double d) {
  constexpr double pi = boost::math::constants::pi<double>();
  constexpr double pi2 = pi * pi, pi4 = pi2 * pi2, pi6 = pi4 * pi2;
  const double root = std::sqrt(static_cast<double>(n));
  const double z = root * d, z2 = z * z, z4 = z2 * z2, z6 = z4 * z2;
  const double q = -pi2 / (2 * z2);
  double k0 = 0, k1 = 0, k2 = 0, k3 = 0;
  for (int i = 0; i < 24; ++i) {  // odd multiples of π/2
    const double m = i + 0.5, m2 = m * m;
    const double e = std::exp(m2 * q);
    k0 += e;
    k1 += (pi2 * m2 - z2) * e;
    k2 += (6 * z6 + 2 * z4 + pi2 * (2 * z4 - 5 * z2) * m2 + pi4 * (1 - 2 * z2) * m2 * m2) * e;
    k3 += (-30 * z6 - 90 * z6 * z2 + pi2 * (135 * z4 - 96 * z6) * m2 + pi4 * (212 * z4 - 60 * z2) * m2 * m2 +
           pi6 * m2 * m2 * m2 * (5 - 30 * z2)) *
          e;
  }
  double k2_extra = 0, k3_extra = 0;
  for (int i = 1; i < 24; ++i) {
    const double m2 = static_cast<double>(i) * i;
    const double e = std::exp(m2 * q);
    k2_extra += m2 * e;
    k3_extra += (3 * pi2 * m2 * z2 - pi4 * m2 * m2) * e;
  }
  const double s = std::sqrt(2 * pi), s_half = std::sqrt(pi / 2);
  const double t0 = s / z * k0;
  const double t1 = s_half / (3 * z4) * k1;
  const double t2 = s_half / (36 * z6 * z) * k2 - s_half * pi2 / (18 * z2 * z) * k2_extra;
  const double t3 = s_half / (3240 * z6 * z4) * k3 + s_half / (108 * z6) * k3_extra;
  return std::clamp(t0 + t1 / root + t2 / (root * root) + t3 / (root * root * root), 0.0, 1.0);
}

}  // namespace

double kolmogorov_survival(double d, int64_t n) {
  if (n <= 0 || std::isnan(d)) return kUndefined;
  if (d >= 1) return 0;
  if (d <= 0) return 1;
  const auto size = static_cast<double>(n);
  const double t = size * d;
  if (t <= 1) {  // Ruben & Gambino (1982)
    if (t <= 0.5) return 1;
    return 1 - std::exp(std::lgamma(size + 1) - size * std::log(size) + size * std::log(2 * t - 1));
  }
  if (t >= size - 1) return std::min(1.0, 2 * std::pow(1 - d, size));
  const double nd2 = t * d;
  if (d >= 0.5 || nd2 > (n <= 140 ? 4.0 : 2.2)) return std::min(1.0, nd2 >= 370 ? 0.0 : 2 * one_sided(n, d));
  if (n <= 140 || (n <= 2'000 && size * std::pow(d, 1.5) <= 1.4)) return 1 - matrix_cdf(n, d);
  return 1 - pelz_good_cdf(n, d);
}

double kolmogorov_critical(double alpha) {
  if (!(alpha > 0)) return std::numeric_limits<double>::infinity();
  if (alpha >= 1) return 0;
  const auto survival = [](double x) {
    if (x < 1) {  // theta function in its other form, where this one converges slowly
      constexpr double pi = boost::math::constants::pi<double>();
      double sum = 0;
      for (int i = 1; i < 40; i += 2) sum += std::exp(-i * i * pi * pi / (8 * x * x));
      return 1 - std::sqrt(2 * pi) / x * sum;
    }
    double sum = 0;
    for (int i = 1; i < 20; ++i) sum += (i % 2 == 1 ? 2 : -2) * std::exp(-2.0 * i * i * x * x);
    return sum;
  };
  double low = 0.04, high = 1 + std::sqrt(-std::log(alpha / 4));
  for (int i = 0; i < 200 && high - low > 1e-15 * high; ++i) {
    const double middle = (low + high) / 2;
    (survival(middle) > alpha ? low : high) = middle;
  }
  return (low + high) / 2;
}

double ks_p_exact(double d, int64_t n, int64_t m) {
  if (n <= 0 || m <= 0 || std::isnan(d)) return kUndefined;
  // touched[j]: probability that a random path of steps to (i, j) has been d or more off the diagonal. Counting the
  // paths that touch, not those that stay inside, keeps small probabilities exact.
  const auto a = static_cast<double>(n), b = static_cast<double>(m);
  const double least = (0.5 + std::floor(d * a * b - 1e-7)) / (a * b);
  const auto outside = [&](int64_t i, int64_t j) {
    return std::abs(static_cast<double>(i) / a - static_cast<double>(j) / b) >= least;
  };
  std::vector<double> touched(static_cast<size_t>(m) + 1);
  for (int64_t j = 1; j <= m; ++j)
    touched[static_cast<size_t>(j)] = outside(0, j) ? 1 : touched[static_cast<size_t>(j - 1)];
  for (int64_t i = 1; i <= n; ++i) {
    if (outside(i, 0)) touched[0] = 1;
    for (int64_t j = 1; j <= m; ++j) {
      auto& here = touched[static_cast<size_t>(j)];
      const auto steps = static_cast<double>(i + j);
      here = outside(i, j) ? 1
                           : static_cast<double>(i) / steps * here +
                                 static_cast<double>(j) / steps * touched[static_cast<size_t>(j - 1)];
    }
  }
  return touched.back();
}

double ks_p_asymptotic(double d, int64_t n, int64_t m) {
  if (n <= 0 || m <= 0 || std::isnan(d)) return kUndefined;
  const double effective = static_cast<double>(n) * static_cast<double>(m) / static_cast<double>(n + m);
  return kolmogorov_survival(d, std::max<int64_t>(1, static_cast<int64_t>(std::nearbyint(effective))));
}

double ks_p(double d, int64_t n, int64_t m) {
  const bool small = n > 0 && m > 0 && m <= kExactProduct / n;
  return small ? ks_p_exact(d, n, m) : ks_p_asymptotic(d, n, m);
}

TestResult kolmogorov_smirnov(std::span<const double> sorted_reference, std::span<const double> sorted_current) {
  const double d = compare_sorted(sorted_reference, sorted_current).d;
  return {d, ks_p(d, static_cast<int64_t>(sorted_reference.size()), static_cast<int64_t>(sorted_current.size()))};
}

}  // namespace millwright::statistics

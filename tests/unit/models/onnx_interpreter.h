// Computes an ONNX graph, slowly and in double, from the operators' definitions in ONNX's specification: enough of them
// for an encoder. Whole numbers and truths are doubles, too.
#pragma once

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace millwright::testing {

struct Array {
  std::vector<int64_t> shape;
  std::vector<double> values;
  [[nodiscard]] int64_t dim(int64_t i) const {
    return shape.at(static_cast<size_t>(i < 0 ? i + static_cast<int64_t>(shape.size()) : i));
  }
};

/// Numbers in all of an array's dimensions, or in those of a part of it.
inline int64_t product(std::span<const int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

/// Row-major place of an index in an array that is broadcast to `shape`.
inline size_t broadcast_place(const Array& a, const std::vector<int64_t>& shape, int64_t flat) {
  int64_t place = 0, step = 1;
  const size_t offset = shape.size() - a.shape.size();
  for (size_t i = shape.size(); i-- > 0;) {
    const int64_t index = flat % shape[i];
    flat /= shape[i];
    if (i < offset) continue;
    const int64_t size = a.shape[i - offset];
    place += (size == 1 ? 0 : index) * step;
    step *= size;
  }
  return static_cast<size_t>(place);
}

inline std::vector<int64_t> broadcast_shape(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  std::vector<int64_t> out(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < out.size(); ++i)
    for (const auto* s : {&a, &b})
      if (i < s->size()) {
        int64_t& place = out[out.size() - 1 - i];
        const int64_t size = (*s)[s->size() - 1 - i];
        if (place != 1 && size != 1 && place != size) throw std::runtime_error("shapes do not broadcast");
        place = std::max(place, size);
      }
  return out;
}

class OnnxInterpreter {
 public:
  explicit OnnxInterpreter(const onnx::ModelProto& model) : graph_(model.graph()) {
    for (const onnx::TensorProto& tensor : graph_.initializer()) constants_[tensor.name()] = read(tensor);
  }

  Array run(const std::map<std::string, Array>& inputs) {
    values_ = constants_;
    for (const auto& [name, value] : inputs) values_[name] = value;
    for (const onnx::NodeProto& node : graph_.node()) values_[node.output(0)] = compute(node);
    return values_.at(graph_.output(0).name());
  }

  static Array read(const onnx::TensorProto& tensor) {
    Array out{{tensor.dims().begin(), tensor.dims().end()}, {}};
    if (tensor.has_raw_data()) {
      for (size_t i = 0; i < tensor.raw_data().size(); i += sizeof(float)) {
        float value = 0;
        std::memcpy(&value, tensor.raw_data().data() + i, sizeof value);
        out.values.push_back(value);
      }
    } else {
      out.values.assign(tensor.float_data().begin(), tensor.float_data().end());
      out.values.insert(out.values.end(), tensor.int64_data().begin(), tensor.int64_data().end());
    }
    if (static_cast<int64_t>(out.values.size()) != product(out.shape)) throw std::runtime_error("a tensor's size");
    return out;
  }

 private:
  const Array& in(const onnx::NodeProto& node, int i) const { return values_.at(node.input(i)); }
  static const onnx::AttributeProto& attribute(const onnx::NodeProto& node, const char* name) {
    for (const onnx::AttributeProto& a : node.attribute())
      if (a.name() == name) return a;
    throw std::runtime_error(std::string("no attribute ") + name);
  }

  Array each(const onnx::NodeProto& node, const std::function<double(double)>& f) const {
    Array out = in(node, 0);
    for (double& v : out.values) v = f(v);
    return out;
  }
  Array both(const onnx::NodeProto& node, const std::function<double(double, double)>& f) const {
    const Array &a = in(node, 0), &b = in(node, 1);
    Array out{broadcast_shape(a.shape, b.shape), {}};
    for (int64_t i = 0; i < product(out.shape); ++i)
      out.values.push_back(f(a.values[broadcast_place(a, out.shape, i)], b.values[broadcast_place(b, out.shape, i)]));
    return out;
  }

  Array compute(const onnx::NodeProto& node) const {
    const std::string& op = node.op_type();
    if (op == "Add") return both(node, std::plus<>());
    if (op == "Sub") return both(node, std::minus<>());
    if (op == "Mul") return both(node, std::multiplies<>());
    if (op == "Div") return both(node, std::divides<>());
    if (op == "Equal") return both(node, [](double a, double b) { return a == b ? 1.0 : 0.0; });
    if (op == "Not") return each(node, [](double a) { return 1 - a; });
    if (op == "Erf") return each(node, [](double a) { return std::erf(a); });
    if (op == "Tanh") return each(node, [](double a) { return std::tanh(a); });
    if (op == "Relu") return each(node, [](double a) { return std::max(a, 0.0); });
    if (op == "Cast") return in(node, 0);
    if (op == "Shape") {
      const auto& shape = in(node, 0).shape;
      return {{static_cast<int64_t>(shape.size())}, {shape.begin(), shape.end()}};
    }
    if (op == "Range") return range(in(node, 0).values[0], in(node, 1).values[0], in(node, 2).values[0]);
    if (op == "Gather") return gather(in(node, 0), in(node, 1), attribute(node, "axis").i());
    if (op == "CumSum") return running_sum(in(node, 0), in(node, 1).values[0]);
    if (op == "Unsqueeze") return unsqueeze(in(node, 0), in(node, 1));
    if (op == "Reshape") return reshape(in(node, 0), in(node, 1));
    if (op == "Transpose") return transpose(in(node, 0), attribute(node, "perm"));
    if (op == "MatMul") return matmul(in(node, 0), in(node, 1));
    if (op == "Softmax") return softmax(in(node, 0));
    if (op == "LayerNormalization")
      return norm(in(node, 0), in(node, 1), in(node, 2), static_cast<double>(attribute(node, "epsilon").f()));
    throw std::runtime_error("no operator " + op);
  }

  static Array range(double from, double to, double step) {
    Array out;
    for (double v = from; v < to; v += step) out.values.push_back(v);
    out.shape = {static_cast<int64_t>(out.values.size())};
    return out;
  }
  static Array gather(const Array& data, const Array& which, int64_t axis) {
    const auto at = static_cast<size_t>(axis);
    const std::span<const int64_t> shape = data.shape;
    const int64_t outer = product(shape.first(at)), inner = product(shape.subspan(at + 1));
    Array out{{data.shape.begin(), data.shape.begin() + axis}, {}};
    out.shape.insert(out.shape.end(), which.shape.begin(), which.shape.end());
    out.shape.insert(out.shape.end(), data.shape.begin() + axis + 1, data.shape.end());
    for (int64_t o = 0; o < outer; ++o)
      for (const double index : which.values) {
        if (index < 0 || index >= static_cast<double>(data.shape[at])) throw std::runtime_error("an index outside");
        const int64_t begin = (o * data.shape[at] + static_cast<int64_t>(index)) * inner;
        out.values.insert(out.values.end(), data.values.begin() + begin, data.values.begin() + begin + inner);
      }
    return out;
  }
  static Array running_sum(Array x, double axis) {
    if (x.shape.size() != 2 || axis != 1) throw std::runtime_error("CumSum of another sort");
    for (int64_t r = 0; r < x.dim(0); ++r)
      std::partial_sum(x.values.begin() + r * x.dim(1), x.values.begin() + (r + 1) * x.dim(1),
                       x.values.begin() + r * x.dim(1));
    return x;
  }
  static Array unsqueeze(Array x, const Array& axes) {
    for (const double axis : axes.values) x.shape.insert(x.shape.begin() + static_cast<int64_t>(axis), 1);
    return x;
  }
  static Array reshape(const Array& x, const Array& wanted) {
    Array out{{}, x.values};
    for (size_t i = 0; i < wanted.values.size(); ++i)
      out.shape.push_back(wanted.values[i] == 0 ? x.shape.at(i) : static_cast<int64_t>(wanted.values[i]));
    if (product(out.shape) != product(x.shape)) throw std::runtime_error("Reshape to another size");
    return out;
  }
  static Array transpose(const Array& x, const onnx::AttributeProto& perm) {
    const size_t rank = x.shape.size();
    std::vector<int64_t> step(rank, 1);
    for (size_t i = rank; i-- > 1;) step[i - 1] = step[i] * x.shape[i];
    Array out;
    for (const int64_t p : perm.ints()) out.shape.push_back(x.dim(p));
    for (int64_t i = 0; i < product(out.shape); ++i) {
      int64_t rest = i, place = 0;
      for (size_t d = rank; d-- > 0;) {
        place += rest % out.shape[d] * step[static_cast<size_t>(perm.ints(static_cast<int>(d)))];
        rest /= out.shape[d];
      }
      out.values.push_back(x.values[static_cast<size_t>(place)]);
    }
    return out;
  }
  static Array matmul(const Array& a, const Array& b) {
    const int64_t n = a.dim(-2), k = a.dim(-1), m = b.dim(-1);
    if (b.dim(-2) != k) throw std::runtime_error("MatMul of sizes that do not fit");
    const auto outside = [](const Array& x) { return std::vector<int64_t>(x.shape.begin(), x.shape.end() - 2); };
    Array out{broadcast_shape(outside(a), outside(b)), {}};
    const Array at{outside(a), {}}, bt{outside(b), {}};
    const int64_t batches = product(out.shape);
    for (int64_t i = 0; i < batches; ++i) {
      const double* left = a.values.data() + broadcast_place(at, out.shape, i) * static_cast<size_t>(n * k);
      const double* right = b.values.data() + broadcast_place(bt, out.shape, i) * static_cast<size_t>(k * m);
      for (int64_t r = 0; r < n; ++r)
        for (int64_t c = 0; c < m; ++c) {
          double sum = 0;
          for (int64_t j = 0; j < k; ++j) sum += left[r * k + j] * right[j * m + c];
          out.values.push_back(sum);
        }
    }
    out.shape.insert(out.shape.end(), {n, m});
    return out;
  }
  static Array softmax(Array x) {
    const auto width = static_cast<size_t>(x.dim(-1));
    for (size_t row = 0; row < x.values.size(); row += width) {
      const auto begin = x.values.begin() + static_cast<int64_t>(row), end = begin + static_cast<int64_t>(width);
      const double most = *std::max_element(begin, end);
      std::for_each(begin, end, [&](double& v) { v = std::exp(v - most); });
      const double sum = std::accumulate(begin, end, 0.0);
      std::for_each(begin, end, [&](double& v) { v /= sum; });
    }
    return x;
  }
  static Array norm(Array x, const Array& scale, const Array& bias, double epsilon) {
    const auto width = static_cast<size_t>(x.dim(-1));
    for (size_t row = 0; row < x.values.size(); row += width) {
      double mean = 0, variance = 0;
      for (size_t i = 0; i < width; ++i) mean += x.values[row + i] / static_cast<double>(width);
      for (size_t i = 0; i < width; ++i) variance += std::pow(x.values[row + i] - mean, 2) / static_cast<double>(width);
      for (size_t i = 0; i < width; ++i)
        x.values[row + i] =
            (x.values[row + i] - mean) / std::sqrt(variance + epsilon) * scale.values[i] + bias.values[i];
    }
    return x;
  }

  const onnx::GraphProto& graph_;
  std::map<std::string, Array> constants_, values_;
};

}  // namespace millwright::testing

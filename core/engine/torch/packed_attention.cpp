#include "torch/packed_attention.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "detail/attention_kernel.h"
#include "detail/elementwise_kernels.h"

namespace millwright::engine {
namespace {

using detail::AttentionShape;
using detail::Bf16;
using detail::DropoutKey;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

bool has_kernel(const at::Tensor& x) {
  return x.device().is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

uint64_t mix(uint64_t x) {  // SplitMix64
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

at::Tensor drop_numbers(const at::Tensor& x, const DropoutKey& key) {
  const at::Tensor in = x.contiguous();
  at::Tensor out = at::empty_like(in);
  at::parallel_for(0, in.numel(), 1 << 15, [&](int64_t from, int64_t to) {
    const auto first = static_cast<uint32_t>(from);
    if (in.scalar_type() == at::kFloat) {
      detail::dropout_numbers(key, in.data_ptr<float>() + from, out.data_ptr<float>() + from, first, to - from);
    } else {
      detail::dropout_numbers(key, static_cast<const Bf16*>(in.data_ptr()) + from,
                              static_cast<Bf16*>(out.data_ptr()) + from, first, to - from);
    }
  });
  return out;
}

struct DropFunction : torch::autograd::Function<DropFunction> {
  static Variable forward(AutogradContext* context, const Variable& x, int64_t first, int64_t second, int64_t threshold,
                          double scale) {
    context->saved_data["key"] = std::vector<int64_t>{first, second, threshold};
    context->saved_data["scale"] = scale;
    return drop_numbers(x, {static_cast<uint32_t>(first), static_cast<uint32_t>(second),
                            static_cast<uint32_t>(threshold), static_cast<float>(scale)});
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const std::vector<int64_t> key = context->saved_data["key"].toIntVector();
    const DropoutKey same{static_cast<uint32_t>(key[0]), static_cast<uint32_t>(key[1]), static_cast<uint32_t>(key[2]),
                          static_cast<float>(context->saved_data["scale"].toDouble())};
    return {drop_numbers(gradients[0], same), Variable(), Variable(), Variable(), Variable()};
  }
};

/// What the kernels need, kept for the way back.
struct AttentionHolder : torch::CustomClassHolder {
  std::vector<int32_t> begin;
  AttentionShape shape;
};

/// Pieces of a few thousand multiplications: enough of them to a thread that handing out does not count.
int64_t grain(const AttentionShape& shape) {
  const int64_t tokens = shape.begin.back();
  const int64_t average = std::max<int64_t>(1, tokens / std::max<int64_t>(1, shape.sequences()));
  return std::max<int64_t>(1, 100'000 / (average * average * shape.width));
}

at::Tensor run_forward(const AttentionShape& shape, const at::Tensor& qkv) {
  at::Tensor out = at::empty({qkv.size(0), qkv.size(1) / 3}, qkv.options());
  at::parallel_for(0, shape.pieces(), grain(shape), [&](int64_t from, int64_t to) {
    if (qkv.scalar_type() == at::kFloat) {
      detail::attention_forward(shape, qkv.data_ptr<float>(), out.data_ptr<float>(), from, to);
    } else {
      detail::attention_forward(shape, static_cast<const Bf16*>(qkv.data_ptr()), static_cast<Bf16*>(out.data_ptr()),
                                from, to);
    }
  });
  return out;
}

at::Tensor run_backward(const AttentionShape& shape, const at::Tensor& qkv, const at::Tensor& gradient) {
  at::Tensor out = at::empty_like(qkv);
  at::parallel_for(0, shape.pieces(), grain(shape), [&](int64_t from, int64_t to) {
    if (qkv.scalar_type() == at::kFloat) {
      detail::attention_backward(shape, qkv.data_ptr<float>(), gradient.data_ptr<float>(), out.data_ptr<float>(), from,
                                 to);
    } else {
      detail::attention_backward(shape, static_cast<const Bf16*>(qkv.data_ptr()),
                                 static_cast<const Bf16*>(gradient.data_ptr()), static_cast<Bf16*>(out.data_ptr()),
                                 from, to);
    }
  });
  return out;
}

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
  static Variable forward(AutogradContext* context, const Variable& qkv,
                          const c10::intrusive_ptr<AttentionHolder>& holder) {
    const at::Tensor in = qkv.contiguous();
    context->save_for_backward({in});
    context->saved_data["holder"] = c10::IValue::make_capsule(holder);
    return run_forward(holder->shape, in);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto holder = c10::static_intrusive_pointer_cast<AttentionHolder>(context->saved_data["holder"].toCapsule());
    return {run_backward(holder->shape, context->get_saved_variables()[0], gradients[0].contiguous()), Variable()};
  }
};

/// Attention with ATen's operators over [texts, longest].
at::Tensor padded_attention(const at::Tensor& qkv, const Packing& packing, int64_t heads, double probability,
                            Dropout& dropout) {
  const int64_t hidden = qkv.size(1) / 3, width = hidden / heads;
  at::Tensor grid = qkv;
  if (!packing.equal)
    grid = at::zeros({packing.texts * packing.longest, 3 * hidden}, qkv.options()).index_copy(0, packing.place, qkv);
  const at::Tensor parts = grid.view({packing.texts, packing.longest, 3, heads, width}).permute({2, 0, 3, 1, 4});
  const at::Tensor query = parts[0], key = parts[1], value = parts[2];
  const bool drops = dropout.on && probability > 0;
  c10::optional<at::Tensor> mask;
  if (!packing.equal) mask = packing.key_is_real;
  at::Tensor mixed;
  if (!qkv.device().is_cuda() || !compat::fused_attention(query, key, value, mask, drops ? probability : 0, mixed)) {
    at::Tensor scores = at::matmul(query, key.transpose(-2, -1)) * (1 / std::sqrt(static_cast<double>(width)));
    if (mask) scores = scores.masked_fill(mask->logical_not(), -INFINITY);
    const at::Tensor shares = drop(at::softmax(scores, -1), drops ? probability : 0, dropout);
    mixed = at::matmul(shares, value);
  }
  const at::Tensor flat = mixed.transpose(1, 2).reshape({packing.texts * packing.longest, hidden});
  return packing.equal ? flat : flat.index_select(0, packing.place);
}

}  // namespace

DropoutKey Dropout::next(double probability) {
  const uint64_t key = mix(seed ^ mix(++places));
  return {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32),
          static_cast<uint32_t>(std::min(probability * 4294967296.0, 4294967295.0)),
          static_cast<float>(1 / (1 - probability))};
}

at::Tensor drop(const at::Tensor& x, double probability, Dropout& dropout) {
  if (!dropout.on || probability <= 0) return x;
  const DropoutKey key = dropout.next(probability);
  if (has_kernel(x)) return DropFunction::apply(x, key.first, key.second, key.threshold, key.scale);
  const at::Tensor mask = at::empty_like(x).bernoulli_(1 - probability, dropout.generator).mul_(key.scale);
  return x * mask;
}

at::Tensor attention(const at::Tensor& qkv, const Packing& packing, int64_t heads, double probability, Dropout& dropout,
                     bool generic) {
  if (generic || !has_kernel(qkv)) return padded_attention(qkv, packing, heads, probability, dropout);
  auto holder = c10::make_intrusive<AttentionHolder>();
  holder->begin = packing.begin;
  holder->shape.begin = holder->begin;
  holder->shape.heads = heads;
  holder->shape.width = qkv.size(1) / 3 / heads;
  holder->shape.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(holder->shape.width)));
  if (dropout.on && probability > 0) holder->shape.dropout = dropout.next(probability);
  return AttentionFunction::apply(qkv, holder);
}

}  // namespace millwright::engine

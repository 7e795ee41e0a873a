#include "torch/rank_group.h"

#include "torch/nccl_group.h"

#if defined(USE_C10D_GLOO) && __has_include(<torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>) && \
    __has_include(<gloo/algorithm.h>)
#define MW_HAS_GLOO 1
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "torch/c10d.h"
#else
#define MW_HAS_GLOO 0
#endif

namespace millwright::engine {
namespace {

#if MW_HAS_GLOO

class GlooGroup final : public RankGroup {
 public:
  explicit GlooGroup(const Ranks& ranks) : store_(open_store(ranks)) {
    const auto options = c10d::ProcessGroupGloo::Options::create(kPatience);
    options->devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice());
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, ranks.rank, ranks.size, options);
  }
  [[nodiscard]] at::Device device() const override { return at::kCPU; }
  Status sum(at::Tensor& values) override {
    return with_others([&] {
      std::vector<at::Tensor> list{values};
      group_->allreduce(list)->wait();
    });
  }

 private:
  c10::intrusive_ptr<c10d::TCPStore> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

Result<std::unique_ptr<RankGroup>> join_by_gloo(const Ranks& ranks) {
  std::unique_ptr<RankGroup> group;
  MW_TRY(with_others([&] { group = std::make_unique<GlooGroup>(ranks); }));
  return group;
}

#else

Result<std::unique_ptr<RankGroup>> join_by_gloo(const Ranks&) {
  return fail(ErrorKind::job, "engine.no_group",
              "This libtorch comes without Gloo: it cannot train on several ranks on the processor.");
}

#endif

}  // namespace

Result<std::unique_ptr<RankGroup>> RankGroup::join(const Ranks& ranks, const at::Device& device) {
#if MW_HAS_NCCL
  if (device.is_cuda()) return join_by_nccl(ranks, device);
#else
  (void)device;
#endif
  return join_by_gloo(ranks);
}

std::vector<std::string> RankGroup::backends() {
  std::vector<std::string> names;
  if (MW_HAS_GLOO) names.emplace_back("gloo");
  if (MW_HAS_NCCL) names.emplace_back("nccl");
  return names;
}

}  // namespace millwright::engine

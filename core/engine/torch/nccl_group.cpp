#include "torch/nccl_group.h"

#include <stdlib.h>

#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "torch/c10d.h"

namespace millwright::engine {
namespace {

/// What c10d and NCCL read when a group is made; who set something else keeps it.
void set_environment() {
  // Without it a rank that is lost ends the others from within: c10d's watchdog ends the process, and nobody says why.
  // Waiting throws instead. Up to 2.1 the name was the second one.
  ::setenv("TORCH_NCCL_BLOCKING_WAIT", "1", 0);
  ::setenv("NCCL_BLOCKING_WAIT", "1", 0);
  // One order of sums, whatever the message's size and the links between the GPUs: a training can be repeated.
  ::setenv("NCCL_ALGO", "Ring", 0);
}

class NcclGroup final : public RankGroup {
 public:
  NcclGroup(const Ranks& ranks, const at::Device& device) : device_(device), store_(open_store(ranks)) {
    set_environment();
    const auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = kPatience;
    group_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(store_, ranks.rank, ranks.size, options);
    // Communicators are made at the first sum: now, so that a rank that is not there is missed here.
    at::Tensor nothing = at::zeros({1}, at::TensorOptions(at::kFloat).device(device));
    add(nothing);
  }
  ~NcclGroup() override {
    // Without the others the communicators cannot be closed, only given up.
    (void)with_others([&] { lost_ ? group_->abort() : group_->shutdown(); });
  }
  NcclGroup(const NcclGroup&) = delete;
  NcclGroup& operator=(const NcclGroup&) = delete;

  [[nodiscard]] at::Device device() const override { return device_; }

  /// A rank on another machine that is lost is noticed at once, one on this machine perhaps only by its silence: NCCL
  /// then waits for kPatience.
  Status sum(at::Tensor& values) override {
    Status summed = with_others([&] { add(values); });
    lost_ = lost_ || !summed;
    return summed;
  }

 private:
  /// Throws where a rank is lost.
  void add(at::Tensor& values) {
    std::vector<at::Tensor> list{values};
    group_->allreduce(list)->wait();
  }

  at::Device device_;
  bool lost_ = false;
  c10::intrusive_ptr<c10d::TCPStore> store_;
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> group_;
};

}  // namespace

Result<std::unique_ptr<RankGroup>> join_by_nccl(const Ranks& ranks, const at::Device& device) {
  std::unique_ptr<RankGroup> group;
  MW_TRY(with_others([&] { group = std::make_unique<NcclGroup>(ranks, device); }));
  return group;
}

}  // namespace millwright::engine

#include "torch/rank_group.h"

#include <chrono>

#include "torch/guard.h"

#if defined(USE_C10D_GLOO) && __has_include(<torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>) && \
    __has_include(<gloo/algorithm.h>)
#define MW_HAS_GLOO 1
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#else
#define MW_HAS_GLOO 0
#endif

namespace millwright::engine {

#if MW_HAS_GLOO

namespace {

constexpr std::chrono::minutes kPatience{10};  // with ranks that neither come nor go

tl::unexpected<Error> lost(const std::string& reason) {
  return fail(ErrorKind::job, "train.lost_rank", "A rank of this training is gone: {reason}",
              {{"reason", reason.substr(0, reason.find('\n'))}},
              "Start all ranks again: the training goes on from its last checkpoint.");
}

/// What Gloo and the store throw when the other side is not there.
template <class F>
Status with_others(F&& work) {
  try {
    work();
    return {};
  } catch (const c10::Error& error) {
    return lost(error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::exception& error) {
    return lost(error.what());
  }
}

}  // namespace

struct RankGroup::State {
  c10::intrusive_ptr<c10d::TCPStore> store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group;
};

Result<std::unique_ptr<RankGroup>> RankGroup::join(const Ranks& ranks) {
  auto state = std::make_unique<State>();
  c10d::TCPStoreOptions store;
  store.port = ranks.port;
  store.isServer = ranks.first();
  store.numWorkers = static_cast<size_t>(ranks.size);
  store.timeout = kPatience;
#if MW_TORCH_AT_LEAST(2, 4)
  store.useLibUV = false;  // Debian's libtorch comes without it
#endif
  MW_TRY(with_others([&] {
    state->store = c10::make_intrusive<c10d::TCPStore>(ranks.address, store);
    const auto options = c10d::ProcessGroupGloo::Options::create(kPatience);
    options->devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice());
    state->group = c10::make_intrusive<c10d::ProcessGroupGloo>(state->store, ranks.rank, ranks.size, options);
  }));
  return std::unique_ptr<RankGroup>(new RankGroup(std::move(state)));
}

Status RankGroup::sum(at::Tensor& values) {
  return with_others([&] {
    std::vector<at::Tensor> list{values};
    state_->group->allreduce(list)->wait();
  });
}

#else

struct RankGroup::State {};

Result<std::unique_ptr<RankGroup>> RankGroup::join(const Ranks&) {
  return fail(ErrorKind::job, "engine.no_group", "This libtorch comes without Gloo: it cannot train on several ranks.");
}

Status RankGroup::sum(at::Tensor&) { return {}; }

#endif

RankGroup::RankGroup(std::unique_ptr<State> state) : state_(std::move(state)) {}
RankGroup::~RankGroup() = default;

}  // namespace millwright::engine

#include "engine/encoder_training.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/clock.h"
#include "base/hash.h"
#include "detail/training_position.h"
#include "engine/checkpoint.h"

namespace millwright::engine {
namespace {

using detail::Position;

constexpr int64_t kCurvePoints = 200;   // of the loss, over the whole training
constexpr int64_t kMeasuredSteps = 12;  // for a training that has to fit into a time
constexpr int64_t kWarmSteps = 4;       // of them, not counted
constexpr double kReserve = 0.05;       // of a time budget, for what cannot be foreseen

tl::unexpected<Error> stopped() { return fail(ErrorKind::cancelled, "cancelled", "Stopped before it was done."); }

class Trainer {
 public:
  Trainer(EncoderModel& model, const TrainingTask& task, const EncoderOptions& options, uint64_t seed,
          std::string identity, Json environment, const TrainingPlace& place)
      : model_(model),
        task_(task),
        options_(options),
        seed_(seed),
        identity_(std::move(identity)),
        environment_(std::move(environment)),
        place_(place) {
    const auto batches = static_cast<int64_t>((lengths().size() + static_cast<size_t>(options.batch_size) - 1) /
                                              static_cast<size_t>(options.batch_size));
    steps_an_epoch_ = (batches + options.accumulation - 1) / options.accumulation;
    schedule_ = {options.schedule, options.learning_rate, steps_an_epoch_ * options.epochs, 0};
    if (options.max_steps > 0) schedule_.steps = std::min(schedule_.steps, options.max_steps);
  }

  Result<EncoderTraining> run(std::span<const float> initial) {
    began_ = steady_seconds();
    MW_TRY(model_.set_weights(initial));
    MW_TRY(resume(initial));
    if (!resumed_ && place_.parts > position_.parts) split_batches(1, place_.parts);
    MW_TRY(fit_into_time(initial));
    schedule_.warmup = std::min(
        schedule_.steps - 1, static_cast<int64_t>(std::ceil(static_cast<double>(schedule_.steps) * options_.warmup)));
    saved_at_ = steady_seconds();
    while (!position_.done) MW_TRY(run_epoch());
    return finish();
  }

 private:
  [[nodiscard]] const std::vector<uint32_t>& lengths() const { return task_.lengths(); }

  Status resume(std::span<const float> initial) {
    MW_ASSIGN(std::optional<Checkpoint> found, read_checkpoint(checkpoint_folder()));
    if (!found) return {};
    MW_ASSIGN(position_, Position::from_json(found->position));
    if (position_.identity != identity_)
      return fail(ErrorKind::bad_input, "train.bad_checkpoint",
                  "The checkpoint in {folder} belongs to other data, options or weights.",
                  {{"folder", checkpoint_folder().string()}}, "Remove the folder to begin anew.");
    if (position_.environment != environment_)
      place_.events.log("warning", "The training goes on in another environment: its weights may differ.",
                        {{"before", position_.environment}, {"now", environment_}});
    MW_TRY(model_.set_state(found->state));
    if (found->best.size() != (position_.best_epoch > 0 ? initial.size() : 0))
      return fail(ErrorKind::bad_input, "train.bad_checkpoint", "The checkpoint cannot be used: {reason}.",
                  {{"reason", "its best weights are of another model"}});
    best_ = std::move(found->best);
    first_step_ = position_.step;
    resumed_ = true;
    place_.events.log("info", "Goes on from a checkpoint.", {{"step", position_.step}, {"epoch", position_.epoch + 1}});
    return {};
  }

  /// The number of steps that fits into the time allowed: measured once, at the start, and written down, so that a run
  /// that is killed goes on with the same schedule.
  Status fit_into_time(std::span<const float> initial) {
    const fs::path file = place_.folder.file(place_.stage + "plan.json");
    if (options_.max_minutes <= 0) return {};
    std::error_code error;
    MW_ASSIGN(const int64_t known, model_.agree(fs::exists(file, error) ? 1 : 0));
    if (known == 0) {
      MW_ASSIGN(const double seconds, seconds_a_step());
      MW_TRY(model_.restart(initial));
      tokens_ = 0;
      padding_ = {};
      const double left = options_.max_minutes * 60 * (1 - kReserve) - (steady_seconds() - began_);
      const auto fits = std::max<int64_t>(1, static_cast<int64_t>(left / seconds));
      MW_TRY(write_file_atomically(
          file, to_text(Json{{"steps", std::min(schedule_.steps, fits)}, {"seconds_a_step", seconds}}) + "\n"));
    }
    Json plan, steps;
    if (place_.ranks.first()) {
      MW_ASSIGN(const std::string text, read_file(file));
      MW_ASSIGN(plan, parse_json(text, "plan.json"));
      steps = plan.is_object() ? plan.value("steps", Json()) : Json();
      if (!steps.is_number_integer() || steps.get<int64_t>() < 1)
        return fail(ErrorKind::bad_input, "train.bad_checkpoint", "plan.json names no number of steps.");
    }
    MW_ASSIGN(const int64_t fitting, model_.agree(steps.is_null() ? 0 : steps.get<int64_t>()));
    schedule_.steps = std::min(schedule_.steps, fitting);
    place_.events.log("info", "The training is made to fit into its time.", plan);
    return {};
  }

  /// Time for a step and its share of an epoch's evaluation.
  Result<double> seconds_a_step() {
    schedule_.warmup = kMeasuredSteps;
    plan_ = plan_epoch(lengths(), static_cast<size_t>(options_.batch_size), options_.group_by_length, seed_, 0);
    const int64_t steps = std::min(kMeasuredSteps, steps_an_epoch_);
    double began = steady_seconds();
    int64_t counted = 0;
    for (int64_t step = 1; step <= steps; ++step) {
      if (place_.stop.stop_requested()) return stopped();
      if (step == kWarmSteps + 1) began = steady_seconds(), counted = 0;
      MW_TRY(one_step(step - 1, step));
      ++counted;
    }
    const double seconds = (steady_seconds() - began) / static_cast<double>(counted);
    // Looking at a row costs a third of learning from it.
    const double evaluation = static_cast<double>(task_.validation_rows()) / static_cast<double>(lengths().size()) / 3;
    return seconds * (1 + evaluation);
  }

  Status run_epoch() {
    plan_ = plan_epoch(lengths(), static_cast<size_t>(options_.batch_size), options_.group_by_length, seed_,
                       position_.epoch);
    while (position_.batch < steps_an_epoch_ && position_.step < schedule_.steps) {
      if (place_.stop.stop_requested()) {
        MW_TRY(save());
        return stopped();
      }
      const double from = steady_seconds();
      MW_ASSIGN(const StepOutcome outcome, one_step(position_.batch, position_.step + 1));
      step_seconds_ += steady_seconds() - from;
      ++position_.batch;
      ++position_.step;
      note_loss(outcome);
      tell();
      if (steady_seconds() - saved_at_ >= options_.checkpoint_seconds) MW_TRY(save());
    }
    return end_epoch();
  }

  /// A step over the batches that belong to it, in as many parts as memory allows.
  Result<StepOutcome> one_step(int64_t group, int64_t step) {
    StepSettings settings;
    settings.step = step;
    settings.learning_rate = schedule_.rate(step);
    settings.clip_norm = options_.clip_norm;
    settings.dropout_seed = seed_ * 0xD6E8FEB86659FD93ULL + static_cast<uint64_t>(step) +
                            static_cast<uint64_t>(place_.ranks.rank) * 0xA24BAED4963EE407ULL;
    replay_parts(step);
    for (;;) {
      settings.weight_sum = 0;
      const std::vector<MicroBatch> parts = parts_of(group, settings.weight_sum);
      auto outcome = model_.step(parts, settings);
      if (outcome || outcome.error().code != "train.out_of_memory") return outcome;
      if (position_.parts >= options_.batch_size) return outcome;
      split_batches(step, position_.parts * 2);
      place_.events.log("warning", "Not enough memory: batches are computed in smaller parts.",
                        {{"step", step}, {"parts", position_.parts}});
    }
  }

  /// A repeat of a run that ran out of memory splits its batches where that one did ("micro_schedule" of its result).
  void replay_parts(int64_t step) {
    const auto found = place_.folder.spec().body.find("micro_schedule");
    if (found == place_.folder.spec().body.end()) return;
    for (const Json& entry : *found) {
      if (entry[0] != step || entry[1].get<int64_t>() <= position_.parts) continue;
      split_batches(step, std::min(entry[1].get<int64_t>(), options_.batch_size));
    }
  }
  void split_batches(int64_t step, int64_t parts) {
    position_.parts = parts;
    position_.micro_schedule.push_back({step, parts});
  }

  /// This rank's share of the batches of a step; `weight_sum` is that of all ranks.
  std::vector<MicroBatch> parts_of(int64_t group, double& weight_sum) {
    std::vector<MicroBatch> parts;
    const auto ranks = static_cast<size_t>(place_.ranks.size), own = static_cast<size_t>(place_.ranks.rank);
    const auto first = static_cast<size_t>(group * options_.accumulation);
    const size_t last = std::min(plan_.size(), first + static_cast<size_t>(options_.accumulation));
    for (size_t b = first; b < last; ++b) {
      const std::vector<uint32_t>& rows = plan_[b];
      padding_.add(lengths(), rows);
      std::vector<uint32_t> share;
      for (size_t i = 0; i < rows.size(); ++i) {
        tokens_ += lengths()[rows[i]];
        if (i % ranks == own) {
          share.push_back(rows[i]);
        } else {
          MicroBatch others;
          weight_sum += task_.append(others, rows[i], position_.epoch);
        }
      }
      const auto wanted = static_cast<size_t>(position_.parts);
      const size_t size = std::max<size_t>(1, (share.size() + wanted - 1) / wanted);
      for (size_t from = 0; from < share.size(); from += size) {
        MicroBatch part;
        for (size_t i = from; i < std::min(share.size(), from + size); ++i)
          weight_sum += task_.append(part, share[i], position_.epoch);
        parts.push_back(std::move(part));
      }
    }
    // Texts in which nothing is to be told cost nothing.
    if (weight_sum == 0) weight_sum = 1;
    return parts;
  }

  /// The loss of a few steps together becomes a point of the curve.
  void note_loss(const StepOutcome& outcome) {
    position_.loss_sum += outcome.loss;
    ++position_.loss_steps;
    const int64_t every = std::max<int64_t>(1, schedule_.steps / kCurvePoints);
    if (position_.step % every != 0 && position_.step != schedule_.steps) return;
    note("loss", position_.step, position_.loss_sum / static_cast<double>(position_.loss_steps));
    place_.events.metric("learning_rate", overall(position_.step), schedule_.rate(position_.step));
    position_.loss_sum = 0;
    position_.loss_steps = 0;
  }
  void note(const char* name, int64_t step, double value) {
    position_.curve.push_back({{"step", step}, {"name", name}, {"value", number_or_null(value)}});
    place_.events.metric(name, overall(step), value);
  }

  /// A step among those of all turns, which are about equally long.
  [[nodiscard]] int64_t overall(int64_t step) const { return place_.turn * schedule_.steps + step; }

  void tell() {
    const double now = steady_seconds();
    if (now - told_at_ < 1 && position_.step != schedule_.steps) return;
    told_at_ = now;
    memory_ = std::max(memory_, model_.memory());
    const double speed = step_seconds_ > 0 ? static_cast<double>(tokens_) / step_seconds_ : 0;
    const auto here = static_cast<double>(position_.step - first_step_);
    const int64_t done = overall(position_.step), total = place_.turns * schedule_.steps;
    const double left = here > 0 ? (now - began_) / here * static_cast<double>(total - done) : 0;
    place_.events.event("progress", {{"phase", place_.phase},
                                     {"done", done},
                                     {"total", total},
                                     {"unit", "steps"},
                                     {"epoch", position_.epoch + 1},
                                     {"seconds_left", number_or_null(left)},
                                     {"tokens_per_second", number_or_null(speed)},
                                     {"memory", memory_},
                                     {"device", environment_.value("device", Json())}});
  }

  Status end_epoch() {
    std::optional<Judgement> judged;
    if (task_.validation_rows() > 0) {
      if (place_.turns == 1)
        place_.events.progress({"validate", 0, static_cast<int64_t>(task_.validation_rows()), "rows"});
      auto now = task_.judge(model_, place_.stop);
      // Asked to stop while looking: the epoch has not ended, and goes on from here.
      if (!now && now.error().kind == ErrorKind::cancelled) MW_TRY(save());
      if (!now) return tl::make_unexpected(now.error());
      judged = *now;
    }
    ++position_.epoch;
    position_.batch = 0;
    position_.done = position_.step >= schedule_.steps;
    if (judged) MW_TRY(compare(*judged));
    const bool due = steady_seconds() - saved_at_ >= options_.checkpoint_seconds;
    return due || position_.done ? save() : Status();
  }

  /// Keeps the best weights, and ends a training that no longer gets better.
  Status compare(const Judgement& now) {
    note(("validation_" + std::string(task_.score_name())).c_str(), position_.step, now.score);
    note("validation_loss", position_.step, now.loss);
    const bool better = position_.best_epoch == 0 || now.score > position_.best_score ||
                        (now.score == position_.best_score && now.loss < position_.best_loss);
    if (better) {
      position_.best_epoch = position_.epoch;
      position_.best_score = now.score;
      position_.best_loss = now.loss;
      position_.idle_epochs = 0;
      best_ = {};  // before its successor, not after it
      MW_ASSIGN(best_, model_.weights());
    } else if (++position_.idle_epochs >= options_.patience && options_.patience > 0) {
      position_.done = true;
      place_.events.log("info", "Stopped early: the validation figure no longer rises.",
                        {{"epoch", position_.epoch}, {"best_epoch", position_.best_epoch}});
    }
    return {};
  }

  [[nodiscard]] fs::path checkpoint_folder() const {
    return shared_folder(place_.folder, place_.ranks) / (place_.stage + "checkpoint");
  }

  Status save() {
    if (!place_.ranks.first()) return {};
    position_.identity = identity_;
    position_.environment = environment_;
    MW_TRY(model_.look_at_state([&](const TrainingStateView& state) {
      return write_checkpoint(checkpoint_folder(), state, best_, position_.to_json());
    }));
    saved_at_ = steady_seconds();
    return {};
  }

  Result<EncoderTraining> finish() {
    EncoderTraining out;
    if (position_.best_epoch > 0) {
      out.weights = std::move(best_);
    } else {
      MW_ASSIGN(out.weights, model_.weights());
    }
    out.curve = position_.curve;
    out.steps = position_.step;
    out.best_epoch = position_.best_epoch;
    out.tokens_per_second = step_seconds_ > 0 ? static_cast<double>(tokens_) / step_seconds_ : 0;
    // Packed texts are computed without padding; grouped ones are padded to the longest of their batch.
    out.padding = options_.group_by_length ? padding_.ratio() : 1;
    out.micro_schedule = position_.micro_schedule;
    out.memory = std::max(memory_, model_.memory());
    out.resumed = resumed_;
    return out;
  }

  EncoderModel& model_;
  const TrainingTask& task_;
  const EncoderOptions& options_;
  uint64_t seed_;
  std::string identity_;
  Json environment_;
  TrainingPlace place_;

  std::vector<std::vector<uint32_t>> plan_;  ///< batches of the epoch
  int64_t steps_an_epoch_ = 1;
  Schedule schedule_;
  Position position_;
  std::vector<float> best_;
  PaddingCount padding_;
  uint64_t tokens_ = 0, memory_ = 0;
  double began_ = 0, step_seconds_ = 0, told_at_ = 0, saved_at_ = 0;
  int64_t first_step_ = 0;
  bool resumed_ = false;
};

}  // namespace

Result<EncoderTraining> train_encoder(EncoderModel& model, std::span<const float> initial, const TrainingTask& task,
                                      const EncoderOptions& options, uint64_t seed, const std::string& identity,
                                      const Json& environment, const TrainingPlace& place) {
  return Trainer(model, task, options, seed, identity, environment, place).run(initial);
}

}  // namespace millwright::engine

// `embed P`: a vector for each record, by an encoder.
#include <iostream>

#include "base/clock.h"
#include "base/ids.h"
#include "models/embedding.h"
#include "models/training.h"
#include "verb.h"

namespace millwright::cli {
namespace {

struct Options {
  std::string project;
  models::EmbedRequest request;
  bool wait = false;
};

Result<int> run(Context& context, const Options& options) {
  MW_ASSIGN(auto project, context.open(options.project));
  const Work work = context.work("Embed");
  const double began = steady_seconds();
  MW_ASSIGN(const jobs::Job job, models::start_embedding(project, options.request, work));
  if (!options.wait) return context.queued(tail(job.uuid));
  MW_ASSIGN(auto foreman, models::foreman(project));
  MW_ASSIGN(const jobs::Job done, foreman.wait(job.id, work));
  MW_ASSIGN(const models::EmbeddingResult made, models::embeddings_of_job(project, done));
  const double seconds = steady_seconds() - began;
  context.answer({{"job", tail(done.uuid)}, {"rows", made.rows}, {"dimension", made.dimension}, {"seconds", seconds}},
                 [&](std::ostream& out) {
                   out << grouped(made.rows) << " records have a vector of " << made.dimension << " numbers after "
                       << fixed(seconds, 1) << " s.\n";
                 });
  return 0;
}

void add(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* verb =
      context.verb(app, "embed", "A vector for each record, by an encoder", "embed demo --model latest --wait");
  verb->add_option("PROJECT", options->project, "Project folder")->required();
  verb->add_option("--model", options->request.model, "The encoder; the newest model otherwise")->type_name("M");
  verb->add_option("--asset", options->request.asset, "Records of this asset")->type_name("A");
  verb->add_option("--batch", options->request.batch, "Records that came with this batch")->type_name("B");
  verb->add_option("--device", options->request.device, "auto, cpu or cuda:N")->type_name("D");
  verb->add_flag("--wait", options->wait, "Do it now, and wait for the vectors");
  context.action(verb, [options](Context& c) { return run(c, *options); });
}
const Registration kRegistration(190, add);

}  // namespace
}  // namespace millwright::cli

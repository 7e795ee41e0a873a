#include "pipeline.h"

#include <chrono>
#include <thread>
#include <variant>

#include "bounded_queue.h"
#include "column_texts.h"
#include "package_mapping.h"

namespace millwright::records::detail {
namespace {

/// A chunk is closed early when its cells hold so many bytes.
constexpr int64_t kChunkBytes = 64 << 20;
constexpr int64_t kBatchBytes = 1 << 20;
/// Pieces for the writer are a block, a chunk's column or the like: some tens or hundreds of KB.
constexpr size_t kPieces = 64, kBatches = 4;

struct ChunkPiece {
  size_t field = 0;
  int64_t chunk = 0;
  EncodedChunk encoded;
};
using Piece = std::variant<Block, Identities, std::vector<store::QuarantinedRow>, ChunkPiece>;

class Pipeline {
 public:
  Pipeline(const store::Project& project, SourceReader& source, store::BatchWriter& writer, PipelineSetup setup,
           const Work& work)
      : project_(project),
        source_(source),
        writer_(writer),
        setup_(std::move(setup)),
        work_(work),
        rows_(setup_.rows, std::move(setup_.known), sink(), setup_.expected_rows) {}

  Result<PipelineResult> run() {
    std::thread parser([this] { guarded([this] { parse(); }, batches_); });
    std::thread builder([this] { guarded([this] { build_rows(); }, arrivals_); });
    std::thread columns([this] { guarded([this] { build_columns(); }, pieces_); });
    write();
    parser.join();
    builder.join();
    columns.join();
    if (error_) return tl::make_unexpected(std::move(*error_));
    return finish();
  }

 private:
  RowSink sink() {
    return {[this](Block block) { return pieces_.push(std::move(block)); },
            [this](Identities identities) { return pieces_.push(std::move(identities)); },
            [this](std::vector<store::QuarantinedRow> rows) { return pieces_.push(std::move(rows)); },
            [this](Arrivals arrivals) { return arrivals_.push(std::move(arrivals)); }};
  }

  /// Runs a thread's work; what it throws becomes the error of the import. Then its output ends.
  template <class F, class Queue>
  void guarded(F body, Queue& output) {
    try {
      body();
    } catch (const std::bad_alloc&) {
      stop(fail(ErrorKind::job, "import.memory", "There is not enough memory for this import.").value());
    } catch (const std::exception& e) {
      stop(fail(ErrorKind::job, "import.fault", "The import failed: {why}.", {{"why", e.what()}}).value());
    }
    output.end();
  }

  void stop(Error error) {
    {
      const std::scoped_lock guard(error_lock_);
      if (!error_) error_ = std::move(error);
    }
    batches_.close();
    arrivals_.close();
    pieces_.close();
  }

  // --- first thread: the connector ---------------------------------------------------------------------------------

  Error connector_error(int32_t status, const millwright_error& error) const {
    if (source_.error()) return *source_.error();
    const std::string message(error.message, ::strnlen(error.message, sizeof error.message));
    const std::string code(error.code, ::strnlen(error.code, sizeof error.code));
    if (status == MILLWRIGHT_BAD_INPUT)
      return fail(ErrorKind::bad_input, code.empty() ? "import.bad_input" : code,
                  "{file} cannot be read as {format}: {why}.",
                  {{"file", source_.file_name().empty() ? "The input" : source_.file_name()},
                   {"format", setup_.connector->name},
                   {"why", message.empty() ? "the connector does not say why" : message}},
                  "Another format can be named with --connector.")
          .value();
    if (status == MILLWRIGHT_NO_MEMORY)
      return fail(ErrorKind::job, "import.memory", "There is not enough memory for this import.").value();
    return fail(ErrorKind::job, "import.plugin_fault", "The connector {connector} failed: {why}.",
                {{"connector", setup_.connector->name}, {"why", message}})
        .value();
  }

  void parse() {
    const millwright_connector& connector = *setup_.connector->connector;
    std::vector<millwright_option> options;
    for (const auto& [key, value] : setup_.options) options.push_back({key.c_str(), value.c_str()});
    millwright_open_request request{};
    request.struct_size = sizeof request;
    request.source = source_.source();
    request.options = options.data();
    request.option_count = static_cast<uint32_t>(options.size());
    request.batch_bytes = kBatchBytes;
    millwright_error error{};
    error.struct_size = sizeof error;
    millwright_reader* reader = nullptr;
    if (const int32_t status = connector.open(&request, &reader, &error);
        status != MILLWRIGHT_OK || reader == nullptr) {
      stop(connector_error(status, error));
      return;
    }
    const std::unique_ptr<millwright_reader, void (*)(millwright_reader*)> closer(reader, connector.close);
    // Text-only formats differ in what an empty cell is: a stanza lacks a field, a table's row has it empty.
    const RowForm form = setup_.connector->name == "jsonl"    ? RowForm::json
                         : setup_.connector->name == "deb822" ? RowForm::sparse
                                                              : RowForm::table;
    for (;;) {
      if (enough_.load(std::memory_order_relaxed)) break;
      millwright_batch batch{};
      batch.struct_size = sizeof batch;
      const int32_t status = connector.next(reader, &batch, &error);
      if (status == MILLWRIGHT_END) break;
      if (status != MILLWRIGHT_OK) {
        stop(connector_error(status, error));
        return;
      }
      auto adopted = adopt(batch, form);
      if (!adopted) {
        stop(std::move(adopted).error());
        return;
      }
      if (setup_.mapping == Mapping::debian_package) *adopted = map_packages(*adopted);
      if (!batches_.push(std::move(*adopted))) break;
    }
    if (connector.describe != nullptr)
      if (const char* about = connector.describe(reader); about != nullptr)
        if (auto json = parse_json(about, "connector")) about_ = std::move(*json);
  }

  // --- second thread: records ----------------------------------------------------------------------------------------

  void build_rows() {
    rows_.prepare();
    while (auto batch = batches_.pop()) {
      if (rows_.add(std::move(*batch))) continue;
      if (!rows_.reached_limit()) return;
      enough_ = true;
      // What the parser has ready is not wanted any more.
      while (batches_.pop()) {
      }
    }
    rows_.finish();
  }

  // --- third thread: columns -----------------------------------------------------------------------------------------

  void build_columns() {
    ChunkInput input;
    int64_t bytes = 0;
    while (auto arrivals = arrivals_.pop()) {
      const int64_t average = cell_bytes(*arrivals) / std::max<int64_t>(1, arrivals->end - arrivals->begin) + 1;
      while (arrivals->begin < arrivals->end) {
        Arrivals part = *arrivals;
        const int64_t room = std::min(store::kChunkRows - input.rows, (kChunkBytes - bytes) / average + 1);
        part.end = std::min(arrivals->end, arrivals->begin + room);
        arrivals->begin = part.end;
        input.rows += part.end - part.begin;
        bytes += average * (part.end - part.begin);
        input.parts.push_back(std::move(part));
        if (input.rows < store::kChunkRows && bytes < kChunkBytes) continue;
        if (!close_chunk(input)) return;
        input = {};
        bytes = 0;
      }
    }
    if (input.rows > 0) close_chunk(input);
  }

  static int64_t cell_bytes(const Arrivals& arrivals) {
    int64_t bytes = 0;
    for (const CellColumn& column : arrivals.batch->columns) bytes += column.offsets[arrivals.batch->rows];
    return bytes;
  }

  bool close_chunk(const ChunkInput& input) {
    const auto chunk = static_cast<int64_t>(chunk_rows_.size());
    const std::vector<std::string>& names = *input.parts.back().names;
    for (size_t place = 0; place < names.size(); ++place) {
      if (place == builders_.size()) {
        builders_.emplace_back(place, setup_.wish(names[place]));
        for (int64_t earlier = 0; earlier < chunk; ++earlier)
          if (!put(place, earlier, {{}, chunk_rows_[static_cast<size_t>(earlier)]})) return false;
      }
      if (!put(place, chunk, input)) return false;
    }
    chunk_rows_.push_back(input.rows);
    return true;
  }

  bool put(size_t place, int64_t chunk, const ChunkInput& input) {
    return pieces_.push(ChunkPiece{place, chunk, builders_[place].encode(input)});
  }

  // --- the caller's thread: the file
  // -----------------------------------------------------------------------------------

  Status write_piece(const Piece& piece) {
    if (const auto* block = std::get_if<Block>(&piece)) {
      const auto* bytes = reinterpret_cast<const uint8_t*>(block->bytes.data());
      return writer_.put_block(block->first, block->rows, store::compress({bytes, block->bytes.size()}));
    }
    if (const auto* ids = std::get_if<Identities>(&piece))
      return writer_.put_identities(ids->chunk, ids->salts, ids->leaves, ids->keys, ids->content_keys);
    if (const auto* chunk = std::get_if<ChunkPiece>(&piece))
      return writer_.put_chunk(chunk->field, chunk->chunk, chunk->encoded.type, chunk->encoded.stored,
                               chunk->encoded.summary);
    for (const auto& row : std::get<std::vector<store::QuarantinedRow>>(piece)) MW_TRY(writer_.put_quarantined(row));
    return {};
  }

  void write() {
    using Clock = std::chrono::steady_clock;
    auto reported = Clock::now() - std::chrono::seconds(1);
    while (auto piece = pieces_.pop()) {
      if (work_.stopped()) {
        stop(Error{ErrorKind::cancelled, "cancelled", "Stopped; nothing was published.", {}, {}});
        return;
      }
      if (Status written = write_piece(*piece); !written) {
        stop(std::move(written).error());
        return;
      }
      if (const auto now = Clock::now(); now - reported > std::chrono::milliseconds(100)) {
        reported = now;
        work_.report({"read", source_.bytes(), std::max<int64_t>(source_.size(), 0), "bytes"});
      }
    }
  }

  // --- at the end
  // --------------------------------------------------------------------------------------------------------

  Result<PipelineResult> finish() {
    PipelineResult result;
    result.counts = rows_.counts();
    result.names = rows_.fields().names();
    result.repeats = rows_.repeats();
    result.repeats.batches.front() = writer_.uuid();
    for (size_t i = 0; i < chunk_rows_.size(); ++i)
      MW_TRY(writer_.put_chunk_rows(static_cast<int64_t>(i), chunk_rows_[i]));
    // A field list without rows, or fields that only refused rows had.
    while (builders_.size() < result.names.size()) {
      const size_t place = builders_.size();
      builders_.emplace_back(place, setup_.wish(result.names[place]));
      for (size_t i = 0; i < chunk_rows_.size(); ++i) {
        const EncodedChunk chunk = builders_[place].encode({{}, chunk_rows_[i]});
        MW_TRY(writer_.put_chunk(place, static_cast<int64_t>(i), chunk.type, chunk.stored, chunk.summary));
      }
    }
    for (size_t place = 0; place < builders_.size(); ++place) {
      MW_TRY(settle(place, result));
      result.fields.push_back(builders_[place].report(result.names[place]));
      if (result.fields.back().type == store::FieldType::category)
        MW_TRY(writer_.put_dictionary(place, builders_[place].dictionary()));
    }
    if (result.repeats.size() > 0) MW_TRY(writer_.put_repeats(result.repeats));
    result.root = rows_.root();
    result.about = std::move(about_);
    result.first_quarantined = rows_.first_quarantined();
    return result;
  }

  /// Brings a field's chunks to its final type.
  Status settle(size_t place, const PipelineResult& result) {
    FieldBuilder& builder = builders_[place];
    (void)builder.final_type();
    bool any = false;
    int64_t first = 0;
    for (size_t i = 0; i < chunk_rows_.size(); first += chunk_rows_[i], ++i) {
      const auto chunk = static_cast<int64_t>(i);
      if (!builder.must_convert(chunk)) continue;
      if (work_.stopped()) return fail(ErrorKind::cancelled, "cancelled", "Stopped; nothing was published.");
      any = true;
      MW_ASSIGN(const Bytes stored, writer_.read_chunk(place, chunk));
      const auto texts = [&] {
        return column_texts(project_, writer_, rows_.known(), result.repeats, result.names, place, first,
                            chunk_rows_[i]);
      };
      MW_ASSIGN(const EncodedChunk encoded, builder.convert(chunk, chunk_rows_[i], stored, texts));
      MW_TRY(writer_.put_chunk(place, chunk, encoded.type, encoded.stored, encoded.summary));
    }
    if (!any) return {};
    builder.recount();
    for (size_t i = 0; i < chunk_rows_.size(); ++i) {
      MW_ASSIGN(const Bytes stored, writer_.read_summary(place, static_cast<int64_t>(i)));
      MW_ASSIGN(const statistics::FieldSummary summary, statistics::FieldSummary::load(stored));
      builder.count(summary);
    }
    return {};
  }

  const store::Project& project_;
  SourceReader& source_;
  store::BatchWriter& writer_;
  PipelineSetup setup_;
  const Work& work_;
  BoundedQueue<std::shared_ptr<SourceBatch>> batches_{kBatches};
  BoundedQueue<Arrivals> arrivals_{kBatches};
  BoundedQueue<Piece> pieces_{kPieces};
  RowBuilder rows_;
  std::vector<FieldBuilder> builders_;
  std::vector<int64_t> chunk_rows_;
  std::atomic<bool> enough_ = false;
  Json about_ = Json::object();
  std::mutex error_lock_;
  std::optional<Error> error_;
};

}  // namespace

Result<PipelineResult> run_pipeline(const store::Project& project, SourceReader& source, store::BatchWriter& writer,
                                    PipelineSetup setup, const Work& work) {
  return Pipeline(project, source, writer, std::move(setup), work).run();
}

}  // namespace millwright::records::detail

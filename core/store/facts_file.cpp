#include "store/facts_file.h"

#include <algorithm>
#include <cstring>

#include "detail/column_codec.h"
#include "detail/facts_layout.h"
#include "store/publishing.h"

namespace millwright::store {
namespace {

constexpr int kPageSize = 65'536;
/// Texts of a dictionary are packed in pieces of about this many bytes.
constexpr size_t kTextPiece = 8 << 20;
constexpr size_t kLargestPiece = 512 << 20;

using Kind = FactsColumn::Kind;
constexpr std::string_view kKinds[] = {"integer", "real", "text", "digest"};

std::string_view name_of(Kind kind) { return kKinds[static_cast<size_t>(kind)]; }

template <class T>
std::span<const uint8_t> bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

size_t size_of(const FactsColumn& column) {
  switch (column.kind) {
    case Kind::integer:
    case Kind::text:
      return column.integers.size();
    case Kind::real:
      return column.reals.size();
    case Kind::digest:
      return column.digests.size();
  }
  return 0;
}

// --- writing
// ------------------------------------------------------------------------------------------------------------

class Writer {
 public:
  explicit Writer(Database& db) : db_(db) {}

  Status write(int64_t id, const FactsColumn& column) {
    id_ = id;
    {
      MW_ASSIGN(Statement insert, db_.prepare("INSERT INTO facts_column(id, name, kind) VALUES (?, ?, ?)"));
      MW_TRY(insert.with(id, std::string_view(column.name), name_of(column.kind)).run());
    }
    if (column.kind == Kind::text) MW_TRY(write_dictionary(column.dictionary));
    const size_t n = size_of(column);
    for (size_t at = 0; at < n; at += detail::kChunk) {
      const size_t count = std::min(detail::kChunk, n - at);
      switch (column.kind) {
        case Kind::integer:
        case Kind::text:
          MW_TRY(chunk("values", at, count, detail::encode_integers(std::span(column.integers).subspan(at, count))));
          break;
        case Kind::real:
          MW_TRY(chunk("values", at, count, detail::compress(bytes_of(std::span(column.reals).subspan(at, count)))));
          break;
        case Kind::digest:
          MW_TRY(chunk("values", at, count, bytes_of(std::span(column.digests).subspan(at, count))));
          break;
      }
    }
    return {};
  }

 private:
  Status write_dictionary(const std::vector<std::string>& texts) {
    for (size_t at = 0; at < texts.size();) {
      std::vector<int64_t> lengths;
      Bytes bytes;
      while (at + lengths.size() < texts.size() && lengths.size() < detail::kChunk && bytes.size() < kTextPiece) {
        const std::string& text = texts[at + lengths.size()];
        lengths.push_back(static_cast<int64_t>(text.size()));
        bytes.insert(bytes.end(), text.begin(), text.end());
      }
      MW_TRY(chunk("lengths", at, lengths.size(), detail::encode_integers(lengths)));
      MW_TRY(chunk("texts", at, lengths.size(), detail::compress(bytes)));
      at += lengths.size();
    }
    return {};
  }

  Status chunk(std::string_view part, size_t first, size_t count, std::span<const uint8_t> data) {
    MW_ASSIGN(Statement insert, db_.prepare("INSERT INTO facts_chunk(column_id, part, first, count, data) "
                                            "VALUES (?, ?, ?, ?, ?)"));
    return insert.with(id_, part, static_cast<int64_t>(first), static_cast<int64_t>(count), data).run();
  }

  Database& db_;
  int64_t id_ = 0;
};

Status check_shape(const Facts& facts, std::span<const Digest> leaves) {
  const auto wrong = [&](const std::string& name) {
    return fail(ErrorKind::job, "store.facts_shape",
                "The column {name} of the facts \"{what}\" does not fit their rows.",
                {{"name", name}, {"what", facts.what}});
  };
  const auto rows = static_cast<size_t>(facts.rows);
  if (!leaves.empty() && leaves.size() != rows) return wrong("(leaves)");
  for (const FactsColumn& column : facts.columns) {
    if (size_of(column) != rows || column.name.empty()) return wrong(column.name);
    if (column.kind != Kind::text) continue;
    const auto size = static_cast<int64_t>(column.dictionary.size());
    if (std::any_of(column.integers.begin(), column.integers.end(), [&](int64_t c) { return c < -1 || c >= size; }))
      return wrong(column.name);
  }
  return {};
}

/// The column that holds these very leaves, if there is one.
std::optional<int64_t> column_with(const Facts& facts, std::span<const Digest> leaves) {
  for (size_t i = 0; i < facts.columns.size(); ++i)
    if (facts.columns[i].kind == Kind::digest &&
        std::equal(facts.columns[i].digests.begin(), facts.columns[i].digests.end(), leaves.begin(), leaves.end()))
      return static_cast<int64_t>(i);
  return std::nullopt;
}

Status write_tables(Database& db, const Facts& facts, std::span<const Digest> leaves) {
  MW_TRY(db.execute("PRAGMA application_id = " + std::to_string(detail::kFactsApplicationId) +
                    "; PRAGMA user_version = " + std::to_string(detail::kFactsVersion) + "; BEGIN"));
  MW_TRY(db.execute(detail::kFactsSchema));
  std::optional<int64_t> leaf_column;
  bool apart = false;
  if (!leaves.empty()) {
    leaf_column = column_with(facts, leaves);
    apart = !leaf_column;
    if (apart) leaf_column = static_cast<int64_t>(facts.columns.size());
  }
  {
    MW_ASSIGN(Statement insert,
              db.prepare("INSERT INTO facts(only, what, about, rows, leaf_column) VALUES (1, ?, ?, ?, ?)"));
    const std::string about = canonical(facts.about);
    MW_TRY(insert.with(std::string_view(facts.what), std::string_view(about), facts.rows, leaf_column).run());
  }
  Writer writer(db);
  int64_t id = 0;
  for (const FactsColumn& column : facts.columns) MW_TRY(writer.write(id++, column));
  if (apart) {
    FactsColumn hidden{.kind = Kind::digest};
    hidden.digests.assign(leaves.begin(), leaves.end());
    MW_TRY(writer.write(id, hidden));
  }
  return db.execute("COMMIT");
}

// --- reading
// ------------------------------------------------------------------------------------------------------------

class Reader {
 public:
  Reader(const Database& db, std::string file, int64_t rows) : db_(db), file_(std::move(file)), rows_(rows) {}

  Status read(int64_t id, FactsColumn& column) {
    MW_ASSIGN(Statement query, db_.prepare("SELECT part, first, count, data FROM facts_chunk WHERE column_id = ? "
                                           "ORDER BY id"));
    query.with(id);
    std::vector<int64_t> lengths;
    for (;;) {
      MW_ASSIGN(const bool row, query.step());
      if (!row) break;
      const std::string_view part = query.text(0);
      const int64_t first = query.integer(1), count = query.integer(2);
      if (count < 1 || count > static_cast<int64_t>(detail::kChunk)) return wrong("a chunk of a wrong size");
      const auto n = static_cast<size_t>(count);
      const auto data = query.blob(3);
      if (part == "values") {
        if (first != static_cast<int64_t>(size_of(column))) return wrong("a chunk is missing");
        if (first > rows_ - count) return wrong("more values than rows");
        MW_TRY(take_values(column, n, data));
      } else if (column.kind != Kind::text || first != static_cast<int64_t>(column.dictionary.size())) {
        return wrong("a chunk in the wrong place");
      } else if (part == "lengths") {
        lengths.clear();
        MW_TRY(detail::decode_integers(data, n, lengths));
      } else {
        if (lengths.size() != n) return wrong("texts without lengths");
        MW_TRY(take_texts(column, lengths, data));
        lengths.clear();
      }
    }
    if (static_cast<int64_t>(size_of(column)) != rows_) return wrong("values are missing");
    return check_codes(column);
  }

  [[nodiscard]] tl::unexpected<Error> wrong(std::string_view reason) const { return detail::damaged(file_, reason); }

 private:
  Status take_values(FactsColumn& column, size_t n, std::span<const uint8_t> data) {
    switch (column.kind) {
      case Kind::integer:
      case Kind::text:
        return detail::decode_integers(data, n, column.integers);
      case Kind::real: {
        MW_ASSIGN(const Bytes raw, detail::decompress(data, n * sizeof(double)));
        if (raw.size() != n * sizeof(double)) return wrong("a chunk of a wrong size");
        column.reals.resize(column.reals.size() + n);
        std::memcpy(column.reals.data() + column.reals.size() - n, raw.data(), raw.size());
        return {};
      }
      case Kind::digest:
        if (data.size() != n * sizeof(Digest)) return wrong("a chunk of a wrong size");
        column.digests.resize(column.digests.size() + n);
        std::memcpy(column.digests.data() + column.digests.size() - n, data.data(), data.size());
        return {};
    }
    return {};
  }

  Status take_texts(FactsColumn& column, const std::vector<int64_t>& lengths, std::span<const uint8_t> data) {
    MW_ASSIGN(const Bytes raw, detail::decompress(data, kLargestPiece));
    size_t at = 0;
    for (const int64_t length : lengths) {
      if (length < 0 || static_cast<size_t>(length) > raw.size() - at) return wrong("texts of wrong lengths");
      column.dictionary.emplace_back(reinterpret_cast<const char*>(raw.data()) + at, static_cast<size_t>(length));
      at += static_cast<size_t>(length);
    }
    if (at != raw.size()) return wrong("texts of wrong lengths");
    return {};
  }

  Status check_codes(const FactsColumn& column) const {
    if (column.kind != Kind::text) return {};
    const auto size = static_cast<int64_t>(column.dictionary.size());
    if (std::any_of(column.integers.begin(), column.integers.end(), [&](int64_t c) { return c < -1 || c >= size; }))
      return wrong("a code without a text");
    return {};
  }

  const Database& db_;
  std::string file_;
  int64_t rows_;
};

struct Head {
  Facts facts;
  std::optional<int64_t> leaf_column;
};

Result<Head> read_head(const Database& db, const std::string& file) {
  MW_ASSIGN(const int64_t application, db.integer("PRAGMA application_id"));
  MW_ASSIGN(const int64_t version, db.integer("PRAGMA user_version"));
  if (application != detail::kFactsApplicationId) return detail::damaged(file, "it is no file of facts");
  if (version != detail::kFactsVersion)
    return fail(ErrorKind::store, "store.too_new", "{file} has a format that this program does not know.",
                {{"file", file}}, "Use a newer version of this program.");
  Head head;
  MW_ASSIGN(Statement query, db.prepare("SELECT what, about, rows, leaf_column FROM facts WHERE only = 1"));
  MW_ASSIGN(const bool row, query.step());
  if (!row) return detail::damaged(file, "it is empty");
  head.facts.what = query.string(0);
  auto about = parse_json(query.text(1), file);
  if (!about) return detail::damaged(file, "what it is about cannot be read");
  head.facts.about = std::move(*about);
  head.facts.rows = query.integer(2);
  head.leaf_column = query.optional_integer(3);
  if (head.facts.rows < 0) return detail::damaged(file, "a wrong number of rows");
  return head;
}

Result<std::vector<FactsColumn>> read_columns(const Database& db, const std::string& file) {
  std::vector<FactsColumn> columns;
  MW_ASSIGN(Statement query, db.prepare("SELECT id, name, kind FROM facts_column ORDER BY id"));
  for (;;) {
    MW_ASSIGN(const bool row, query.step());
    if (!row) return columns;
    const auto kind = std::find(std::begin(kKinds), std::end(kKinds), query.text(2));
    if (query.integer(0) != static_cast<int64_t>(columns.size()) || kind == std::end(kKinds) || columns.size() >= 1000)
      return detail::damaged(file, "a wrong column");
    columns.push_back({.name = query.string(1), .kind = static_cast<Kind>(kind - std::begin(kKinds))});
  }
}

Result<detail::FactsWithLeaves> read_from(const Database& db, const std::string& file, bool with_leaves) {
  MW_ASSIGN(Head head, read_head(db, file));
  MW_ASSIGN(auto columns, read_columns(db, file));
  detail::FactsWithLeaves out{std::move(head.facts), {}};
  const auto leaf = head.leaf_column.value_or(-1);
  if (leaf >= static_cast<int64_t>(columns.size())) return detail::damaged(file, "its leaves are missing");
  Reader reader(db, file, out.facts.rows);
  for (size_t i = 0; i < columns.size(); ++i) {
    FactsColumn& column = columns[i];
    const bool is_leaf = static_cast<int64_t>(i) == leaf;
    if (is_leaf && column.kind != Kind::digest) return detail::damaged(file, "its leaves are missing");
    if (column.name.empty() && !(is_leaf && with_leaves)) continue;
    MW_TRY(reader.read(static_cast<int64_t>(i), column));
    if (is_leaf && with_leaves) out.leaves = column.digests;
    if (!column.name.empty()) out.facts.columns.push_back(std::move(column));
  }
  if (with_leaves && leaf < 0) out.leaves = detail::leaves_of(out.facts);
  return out;
}

}  // namespace

const FactsColumn* Facts::find(std::string_view name, FactsColumn::Kind kind) const {
  for (const FactsColumn& column : columns)
    if (column.name == name && column.kind == kind) return &column;
  return nullptr;
}

std::vector<Digest> detail::leaves_of(const Facts& facts) {
  std::vector<Digest> leaves(static_cast<size_t>(facts.rows));
  Bytes row;
  const auto add = [&row](const void* data, size_t size) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    row.insert(row.end(), bytes, bytes + size);
  };
  for (size_t i = 0; i < leaves.size(); ++i) {
    row.clear();
    for (const FactsColumn& column : facts.columns) {
      switch (column.kind) {
        case Kind::integer:
          add(&column.integers[i], 8);
          break;
        case Kind::real:
          add(&column.reals[i], 8);
          break;
        case Kind::digest:
          add(column.digests[i].data(), column.digests[i].size());
          break;
        case Kind::text: {
          const int64_t code = column.integers[i];
          const uint64_t length = code < 0 ? UINT64_MAX : column.dictionary[static_cast<size_t>(code)].size();
          add(&length, 8);
          if (code >= 0) add(column.dictionary[static_cast<size_t>(code)].data(), length);
          break;
        }
      }
    }
    leaves[i] = sha256(std::span<const uint8_t>(row));
  }
  return leaves;
}

Result<WrittenFile> write_facts(Project& project, const Facts& facts, std::span<const Digest> leaves) {
  MW_TRY(check_shape(facts, leaves));
  MW_ASSIGN(TemporaryFile file, TemporaryFile::begin(project, "facts"));
  {
    MW_ASSIGN(Database db, file.create_database(kPageSize));
    MW_TRY(write_tables(db, facts, leaves));
  }
  const Digest root =
      merkle_root(leaves.empty() ? detail::leaves_of(facts) : std::vector<Digest>(leaves.begin(), leaves.end()));
  return file.finish(facts.rows, root);
}

Result<detail::FactsWithLeaves> detail::read_facts_at(const fs::path& path, bool with_leaves) {
  const std::string file = path.filename().string();
  const auto db = Database::open(path.string(), Database::Mode::immutable);
  if (!db) {
    if (db.error().code == "store.cannot_open") return damaged(path.string(), "it is not there");
    return tl::make_unexpected(db.error());
  }
  try {
    auto read = read_from(*db, file, with_leaves);
    if (read) return read;
    const std::string& code = read.error().code;
    // The file's own tables being wrong shows as SQL that does not compile.
    if (code == "store.sql" || code == "store.not_a_project") return damaged(file, "it is no file of facts");
    return read;
  } catch (const std::bad_alloc&) {
    return damaged(file, "it claims more than fits into memory");
  }
}

Result<Facts> read_facts(const Project& project, int64_t data_file) {
  MW_ASSIGN(const fs::path path, path_of_file(project, data_file));
  MW_ASSIGN(detail::FactsWithLeaves read, detail::read_facts_at(path, false));
  return std::move(read.facts);
}

}  // namespace millwright::store

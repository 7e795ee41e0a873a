#include <array>
#include <charconv>
#include <cstdio>

#include "base/clock.h"
#include "detail/generated_file.h"
#include "records/generator.h"

namespace millwright::records {
namespace {

constexpr std::array kCategories = {"red", "green", "blue", "amber", "violet", "grey", "white", "black"};
constexpr std::array kPlaces = {"Aachen", "Bergen", "Calais", "Delft", "Essen", "Faro",
                                "Ghent",  "Halle",  "Izmir",  "Jena",  "Kiel",  "Lille"};
constexpr std::array kWords = {"pump",   "valve",  "bearing", "motor", "noise", "leak",  "warm",  "late",
                               "report", "check",  "replace", "again", "left",  "right", "after", "under",
                               "level",  "sensor", "filter",  "belt",  "shaft", "dry",   "loud",  "normal",
                               "shift",  "night",  "spare",   "order", "open",  "closed"};

void put_integer(std::string& out, int64_t value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

/// `value` hundredths, thousandths … with as many places.
void put_decimal(std::string& out, int64_t value, int places) {
  if (value < 0) {
    out.push_back('-');
    value = -value;
  }
  int64_t unit = 1;
  for (int i = 0; i < places; ++i) unit *= 10;
  put_integer(out, value / unit);
  out.push_back('.');
  std::string fraction = std::to_string(value % unit);
  out.append(static_cast<size_t>(places) - fraction.size(), '0');
  out += fraction;
}

void put_words(std::string& out, Random& random, uint64_t words) {
  for (uint64_t i = 0; i < words; ++i) {
    if (i > 0) out.push_back(' ');
    out += kWords[random.below(kWords.size())];
  }
}

void put_time(std::string& out, int64_t row, Random& random) {
  // One row every half minute or so.
  const int64_t ms = 1'700'000'000'000 + row * 30'000 + static_cast<int64_t>(random.below(20'000));
  out.append(iso8601(ms), 0, 19);
}

void numeric_row(std::string& out, int64_t row, Random& random) {
  put_integer(out, row + 1);
  out.push_back(',');
  put_time(out, row, random);
  for (const int64_t range : {10LL, 1'000LL, 100'000LL, 10'000'000LL}) {
    out.push_back(',');
    put_integer(out, static_cast<int64_t>(random.below(static_cast<uint64_t>(range))));
  }
  for (int i = 0; i < 4; ++i) {
    out.push_back(',');
    put_decimal(out, static_cast<int64_t>(random.normal() * 10'000) + 50'000, 2);
  }
  for (int i = 0; i < 4; ++i) {
    out.push_back(',');
    put_decimal(out, static_cast<int64_t>(random.below(1'000'000'000)), 4);
  }
  out.push_back(',');
  if (random.below(20) != 0) put_decimal(out, static_cast<int64_t>(random.below(1'000'000)), 6);
  out.push_back(',');
  out += kCategories[random.below(kCategories.size())];
  out.push_back(',');
  out += kPlaces[random.below(kPlaces.size())];
  out += random.below(2) == 0 ? ",true," : ",false,";
  put_integer(out, static_cast<int64_t>(random.next() >> 16));
  out.push_back(',');
  put_words(out, random, 3);
  out.push_back('\n');
}

void text_row(std::string& out, int64_t row, Random& random) {
  put_integer(out, row + 1);
  out.push_back(',');
  put_time(out, row, random);
  for (int i = 0; i < 3; ++i) {
    out.push_back(',');
    put_integer(out, static_cast<int64_t>(random.below(100'000)));
  }
  for (int i = 0; i < 4; ++i) {
    out.push_back(',');
    out += kCategories[random.below(kCategories.size())];
  }
  for (int i = 0; i < 3; ++i) {
    out.push_back(',');
    out += kPlaces[random.below(kPlaces.size())];
  }
  for (int i = 0; i < 8; ++i) {
    out.push_back(',');
    const bool quoted = random.below(10) == 0;
    if (quoted) out.push_back('"');
    put_words(out, random, 2 + random.below(4));
    if (quoted) out += ", twice\"";
  }
  out.push_back('\n');
}

}  // namespace

Status generate_table(const fs::path& file, const TableGeneration& generation) {
  MW_ASSIGN(detail::GeneratedFile out, detail::GeneratedFile::create(file));
  Random random(generation.seed);
  const bool numeric = generation.kind == TableKind::numeric;
  out.buffer() =
      numeric
          ? "id,time,tens,thousands,hundred_thousands,large,normal_a,normal_b,normal_c,normal_d,uniform_a,uniform_b,"
            "uniform_c,uniform_d,sparse,colour,place,flag,code_number,note\n"
          : "id,time,a,b,c,colour_a,colour_b,colour_c,colour_d,place_a,place_b,place_c,text_a,text_b,text_c,text_d,"
            "text_e,text_f,text_g,text_h\n";
  for (int64_t row = 0; row < generation.rows; ++row) {
    if (numeric)
      numeric_row(out.buffer(), row, random);
    else
      text_row(out.buffer(), row, random);
    MW_TRY(out.flush_when_full());
  }
  return out.finish();
}

}  // namespace millwright::records

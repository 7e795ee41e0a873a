/* SPDX-License-Identifier: Apache-2.0
 *
 * Millwright's plugin interface, version 1.
 *
 * A plugin is a shared library that exports one symbol, millwright_plugin_entry(). It offers connectors: readers that
 * turn a stream of bytes into batches of rows. The host opens the file (or pipe, or decompressor) and hands the
 * connector a callback to read from; the connector hands back batches as arrays of the Arrow C Data Interface
 * (https://arrow.apache.org/docs/format/CDataInterface.html). A connector does not infer types, store anything or open
 * files: types are the host's business, and each value is handed over as the text that it was.
 *
 * Rules for both sides
 *  - Plain C: no exception and no C++ type crosses the border. Text is UTF-8. Pointers are valid as long as said here.
 *  - Growth: each struct begins with struct_size, set by whoever fills it in. A reader of the struct looks at no member
 *    beyond that size. Members are only ever added at the end; any other change raises MILLWRIGHT_PLUGIN_ABI.
 *  - Threads: one reader is used by one thread at a time. Different readers may be used at once. A batch does not
 * depend on its reader: it may be used and released on any thread, also after the reader was closed.
 *  - Input is hostile until proven otherwise: memory is bounded by the limits of struct millwright_open_request.
 */
#ifndef MILLWRIGHT_PLUGIN_H
#define MILLWRIGHT_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MILLWRIGHT_PLUGIN_ABI 1u

/* The structs of the Arrow C Data Interface, as its specification gives them. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

/* What next() and open() answer. */
enum millwright_status {
  MILLWRIGHT_OK = 0,
  MILLWRIGHT_END = 1,         /* next(): there is no further batch */
  MILLWRIGHT_READ_FAILED = 2, /* the host's read callback said so; the host knows why (also: cancelled) */
  MILLWRIGHT_BAD_INPUT = 3,   /* the source as a whole cannot be read: wrong format, wrong option */
  MILLWRIGHT_NO_MEMORY = 4,
  MILLWRIGHT_FAULT = 5 /* a fault of the plugin itself */
};

/* Why a call failed. The caller sets struct_size; the plugin fills in the rest, both texts ended by a zero byte. */
struct millwright_error {
  uint32_t struct_size;
  char code[60];     /* stable and dotted: "csv.bad_option" */
  char message[448]; /* English, for people */
};

/* Where the bytes come from. Lives until close(). */
struct millwright_source {
  uint32_t struct_size;
  uint32_t reserved;
  void* context;    /* handed to read() */
  const char* name; /* file name as a hint, e.g. "people.tsv"; NULL where there is none */
  int64_t size;     /* bytes that read() will give in all; -1 where it is not known */
  /* Puts up to capacity bytes into buffer. Returns how many (fewer than asked for is fine), 0 at the end, a negative
   * number when it failed or somebody asked to stop: the connector then returns MILLWRIGHT_READ_FAILED at once. */
  int64_t (*read)(void* context, void* buffer, size_t capacity);
};

/* An option that a person gave; each connector says in `options_help` which it knows. */
struct millwright_option {
  const char* key;
  const char* value;
};

struct millwright_open_request {
  uint32_t struct_size;
  uint32_t option_count;
  const struct millwright_source* source;
  const struct millwright_option* options;
  int64_t batch_bytes;   /* aim for batches of so many bytes of source; 0: the connector's choice (about 1 MiB) */
  int64_t batch_rows;    /* no batch has more rows, rejected ones not counted; 0: no limit */
  int64_t max_row_bytes; /* a longer row is rejected, not read; 0: 64 MiB */
  int64_t max_fields;    /* more fields are not taken: rows that bring a further one are rejected; 0: 4096 */
};

/* What a cell was in a format that knows more than text (JSON). One byte for each cell. */
enum millwright_kind {
  MILLWRIGHT_KIND_ABSENT = 0,  /* the row has no such field; cell is null */
  MILLWRIGHT_KIND_STRING = 1,  /* cell is the string, escapes resolved */
  MILLWRIGHT_KIND_NUMBER = 2,  /* cell is the number's text as it stood: "1.0", "1e3", 40 digits */
  MILLWRIGHT_KIND_BOOLEAN = 3, /* cell is "true" or "false" */
  MILLWRIGHT_KIND_NULL = 4,    /* JSON null; cell is null */
  MILLWRIGHT_KIND_OBJECT = 5,  /* cell is the JSON text as it stood, white space and all */
  MILLWRIGHT_KIND_ARRAY = 6    /* likewise */
};

/* A batch of rows. The caller sets struct_size and zeroes the rest; next() fills it in; the caller then owns the arrays
 * and calls the release() of each whose release is not NULL, in any order. Formats that this header fixes carry no
 * schema; none of these arrays has an offset other than 0.
 *
 *   fields         struct array ("+s") described by `schema`: one child "u" (UTF-8, 32-bit offsets) for each field, in
 *                  the order in which fields were first seen in the source. Names are unique. A field list may grow
 * from batch to batch (JSON Lines, deb822) and a batch need not name fields that none of its rows has, so the host
 * joins batches by name. A null cell is a missing one; validity may be absent where there is none (null_count 0). All
 * text is valid UTF-8 without U+0000 in names. kinds          struct array of children "C" (uint8, enum
 * millwright_kind), parallel to fields; release is NULL where the format knows only text, and each cell is then a
 * string or missing. lines          "l" (int64): line of the source, from 1, where the row begins. raw            "z"
 * (binary, 32-bit offsets): the row's bytes as they stood in the source, in its encoding, without the line end that
 * closes it. rejected_…     rows that could not be taken, in the order of the source: "l", code "u" (stable:
 * "csv.too_few_fields"), reason "u" (English), raw "z". Raw is cut after 1 MiB; the reason then says so.
 *
 * A connector that knows its fields without a row (a CSV header) hands over a batch of no rows when there are none.
 * A batch may hold rejected rows only. */
struct millwright_batch {
  uint32_t struct_size;
  uint32_t reserved;
  int64_t rows;
  int64_t rejected;
  int64_t bytes_consumed; /* of the source, by this and all earlier batches: for progress */
  struct ArrowSchema schema;
  struct ArrowArray fields;
  struct ArrowArray kinds;
  struct ArrowArray lines;
  struct ArrowArray raw;
  struct ArrowArray rejected_lines;
  struct ArrowArray rejected_codes;
  struct ArrowArray rejected_reasons;
  struct ArrowArray rejected_raw;
};

/* An open source; opaque to the host. */
typedef struct millwright_reader millwright_reader;

struct millwright_connector {
  uint32_t struct_size;
  uint32_t reserved;
  const char* name;         /* short and stable: "csv"; what --connector takes */
  const char* version;      /* of the connector: "1.0.0" */
  const char* description;  /* one English line */
  const char* options_help; /* one line for each option: "key: meaning"; may be "" */
  /* How sure it is that it can read a source that begins with these bytes: 0 no, 100 certain. `whole` is not 0 where
   * head is all there is. file_name may be NULL. Reads nothing else, never fails. */
  int32_t (*can_read)(const uint8_t* head, size_t size, int32_t whole, const char* file_name);
  /* Makes a reader; on failure *reader is NULL and error (may be NULL) is filled in. */
  int32_t (*open)(const struct millwright_open_request* request, millwright_reader** reader,
                  struct millwright_error* error);
  /* The next batch. On MILLWRIGHT_END and on failure the batch is left without arrays. After a failure only close(). */
  int32_t (*next)(millwright_reader* reader, struct millwright_batch* batch, struct millwright_error* error);
  /* What it found out about the source, as a JSON object in UTF-8, e.g. {"encoding":"windows-1252","delimiter":";",
   * "notes":[…English…]}. Complete once next() answered MILLWRIGHT_END; valid until the next call on this reader. */
  const char* (*describe)(millwright_reader* reader);
  /* Frees the reader; NULL is fine. Batches handed over stay valid. */
  void (*close)(millwright_reader* reader);
};

struct millwright_plugin {
  uint32_t struct_size;
  uint32_t abi_version; /* MILLWRIGHT_PLUGIN_ABI that the plugin was built with */
  const char* name;
  const char* version;
  const char* license; /* SPDX identifier */
  uint32_t connector_count;
  uint32_t reserved;
  const struct millwright_connector* const* connectors;
};

#if defined(_WIN32)
#define MILLWRIGHT_PLUGIN_EXPORT __declspec(dllexport)
#else
#define MILLWRIGHT_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

/* The one symbol of a plugin. host_abi is the host's MILLWRIGHT_PLUGIN_ABI. Returns NULL where the plugin cannot serve
 * such a host; the host in turn refuses a plugin whose abi_version is not its own. The struct lives as long as the
 * library is loaded. */
typedef const struct millwright_plugin* (*millwright_plugin_entry_function)(uint32_t host_abi);
MILLWRIGHT_PLUGIN_EXPORT const struct millwright_plugin* millwright_plugin_entry(uint32_t host_abi);

#ifdef __cplusplus
}
#endif

#endif /* MILLWRIGHT_PLUGIN_H */

#!/usr/bin/env python3
"""Writes tokenizer_class_runs.h: how the reference tokenizers class each code point.

usage: make_tokenizer_classes.py > tokenizer_class_runs.h      (PyPI: tokenizers, regex,
sentencepiece)

The reference takes its classes from several libraries of different Unicode versions, none of them ICU's. So they are
observed, by giving the reference each code point in a text where the class shows. Of grapheme properties only what joins
a letter can be seen; the others come from the package regex and are those of its Unicode version.
"""
import io
import sys

import regex
import sentencepiece
import sentencepiece.sentencepiece_model_pb2 as sentencepiece_model
import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def vanishes(normalizer):
    return {c for c in CODE_POINTS if normalizer.normalize_str("a" + chr(c) + "b") == "ab"}


def splits(pre_tokenizer, pieces):
    return {c for c in CODE_POINTS if len(pre_tokenizer.pre_tokenize_str("a" + chr(c) + "b")) == pieces}


def isolates(pattern):
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    return {c for c in CODE_POINTS if len(split.pre_tokenize_str("-" + chr(c) + "-")) == 3}


def having(pattern):
    compiled = regex.compile(pattern)
    return {c for c in CODE_POINTS if compiled.fullmatch(chr(c))}


def joins():
    """What belongs to the cluster of an A before it: it vanishes where rules that fold case take the cluster whole."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f g"] * 50), model_writer=model, vocab_size=20, model_type="unigram",
        hard_vocab_limit=False, normalization_rule_name="nmt_nfkc_cf", minloglevel=2)
    rules = sentencepiece_model.ModelProto.FromString(model.getvalue()).normalizer_spec.precompiled_charsmap
    normalizer = normalizers.Precompiled(rules)
    known = {c for c in CODE_POINTS if normalizer.normalize_str("z" + chr(c)) != "z"}  # others vanish by themselves
    return {c for c in known if normalizer.normalize_str("A" + chr(c)) == "a"}, known


def bert(**options):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **options})


def classes():
    whitespace = pre_tokenizers.Whitespace()
    bits = [
        vanishes(bert(clean_text=True)),
        splits(pre_tokenizers.WhitespaceSplit(), 2),
        splits(pre_tokenizers.Punctuation(), 3),
        vanishes(bert(strip_accents=True)),
        vanishes(normalizers.StripAccents()),
        splits(pre_tokenizers.Digits(individual_digits=True), 3),
        {c for c in CODE_POINTS if whitespace.pre_tokenize_str("a" + chr(c))[0][0] == "a" + chr(c)},
        isolates(r"\p{L}"),
        isolates(r"\p{N}"),
    ]
    breaks = ["Control", "Extend", "ZWJ", "Regional_Indicator", "Prepend", "SpacingMark", "L", "V", "T", "LV", "LVT"]
    value = [0] * 0x110000
    for number, members in enumerate(bits):
        for c in members:
            value[c] |= 1 << number
    for number, name in enumerate(breaks, 1):
        for c in having(r"\p{GCB=%s}" % name):
            value[c] |= number << 9
    joined, known = joins()
    breaking = {breaks.index(name) + 1 for name in ("Extend", "ZWJ", "SpacingMark")}
    for c in known:
        if (c in joined) != (value[c] >> 9 in breaking):
            print("U+%04X: %s" % (c, "joins" if c in joined else "does not join"), file=sys.stderr)
            value[c] = value[c] & 511 | (2 << 9 if c in joined else 0)
    for c in having(r"\p{GCB=CR}") | having(r"\p{GCB=LF}"):
        value[c] |= 1 << 9
    for number, pattern in enumerate([r"\p{Extended_Pictographic}", r"\p{InCB=Consonant}", r"\p{InCB=Linker}"]):
        for c in having(pattern):
            value[c] |= 1 << (13 + number)
    return value


def main():
    value = classes()
    for c in range(0xD800, 0xE000):
        value[c] = value[0xD7FF]  # surrogates are no characters: whatever keeps the run long
    runs, begin = [], 0
    for c in range(1, 0x110001):
        if c == 0x110000 or value[c] != value[begin] or c - begin == 0xFFFF:
            runs.append((c - begin, value[begin]))
            begin = c
    print("// Made by make_tokenizer_classes.py with tokenizers %s and regex %s: do not edit." %
          (tokenizers.__version__, regex.__version__))
    print("// Runs of code points from 0 on: how many, and their class (bits as in tokenizer_classes.h).")
    print("#pragma once\n\n#include <cstdint>\n\nnamespace millwright::text::detail {\n")
    print("// clang-format off\ninline constexpr uint16_t kClassRuns[] = {")
    line = ""
    for run in runs:
        item = "%d,%d," % run
        if len(line) + len(item) > 118:
            print(line)
            line = ""
        line += item
    print(line + "\n};\n// clang-format on\n\n}  // namespace millwright::text::detail")
    print("%d runs" % len(runs), file=sys.stderr)


main()

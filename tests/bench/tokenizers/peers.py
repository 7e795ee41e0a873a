#!/usr/bin/env python3
"""Hugging Face tokenizers beside bench_tokenizers, one thread each, in one run.

usage: peers.py BENCH_TOKENIZERS DATA [FOLDER …]     (PyPI: tokenizers; DATA as in MILLWRIGHT_DATA)

Trains a WordPiece, a byte-level BPE and a unigram tokenizer of 20,000 tokens on clinc150 and wnut17 and times both on
the same texts; FOLDERs are more model folders with a tokenizer.json. The reference's time is the better of one call for
each text and one call for all.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import (Regex, Tokenizer, models, normalizers, pre_tokenizers, processors,  # noqa: E402
                        trainers)


def texts_of(data):
    texts = []
    for name in sorted(os.listdir(f"{data}/clinc150")):
        if name.endswith(".jsonl"):
            with open(f"{data}/clinc150/{name}", encoding="utf-8") as file:
                texts += [json.loads(line)["text"] for line in file]
    for name in sorted(os.listdir(f"{data}/wnut17")):
        with open(f"{data}/wnut17/{name}", encoding="utf-8", newline="\n") as file:
            for sentence in re.split(r"\n[ \t\r]*\n", file.read()):
                texts.append(" ".join(line.split("\t")[0] for line in sentence.split("\n") if line.strip()))
    return [text.replace("\n", " ") for text in texts if text]


def train(kind, texts):
    if kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        special = ["[UNK]", "[CLS]", "[SEP]"]
        trainer = trainers.WordPieceTrainer(vocab_size=20000, special_tokens=special, show_progress=False)
        ends = ("[CLS]", "[SEP]")
    elif kind == "bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        special = ["<s>", "</s>"]
        trainer = trainers.BpeTrainer(vocab_size=20000, special_tokens=special, show_progress=False,
                                      initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
        ends = ("<s>", "</s>")
    else:
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
        special = ["<unk>", "<s>", "</s>"]
        trainer = trainers.UnigramTrainer(vocab_size=20000, special_tokens=special, unk_token="<unk>",
                                          show_progress=False)
        ends = ("<s>", "</s>")
    tokenizer.train_from_iterator(texts, trainer)
    ids = [(token, tokenizer.token_to_id(token)) for token in ends]
    if kind == "bpe":
        tokenizer.post_processor = processors.RobertaProcessing(ids[1], ids[0], add_prefix_space=False)
    else:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{ends[0]} $A {ends[1]}", pair=f"{ends[0]} $A {ends[1]} $B {ends[1]}", special_tokens=ids)
    return tokenizer


def reference_rate(tokenizer, texts):
    tokenizer.no_truncation()
    tokenizer.no_padding()
    best = 0.0
    for _ in range(5):
        start = time.perf_counter()
        tokens = sum(len(tokenizer.encode(text).ids) for text in texts)
        best = max(best, tokens / (time.perf_counter() - start))
        start = time.perf_counter()
        encodings = tokenizer.encode_batch(texts)
        best = max(best, tokens / (time.perf_counter() - start))
        del encodings
    return tokens, best


def main():
    program, data, *folders = sys.argv[1:]
    texts = texts_of(data)
    with tempfile.TemporaryDirectory() as work:
        with open(f"{work}/texts.txt", "w", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(texts))
        for kind in ("wordpiece", "bpe", "unigram"):
            os.mkdir(f"{work}/{kind}")
            train(kind, texts).save(f"{work}/{kind}/tokenizer.json")
            folders.append(f"{work}/{kind}")
        for folder in folders:
            ours = subprocess.run([program, f"{work}/texts.txt", folder], check=True, capture_output=True, text=True)
            tokens, rate = reference_rate(Tokenizer.from_file(f"{folder}/tokenizer.json"), texts)
            measured = re.search(r"(\d+) tokens, ([\d.]+) M tokens/s", ours.stdout)
            same = "" if int(measured[1]) == tokens else f" OTHER NUMBER OF TOKENS: {tokens}"
            print(ours.stdout.rstrip())
            print(f"{'':20} reference  {rate / 1e6:.2f} M tokens/s, ratio {float(measured[2]) * 1e6 / rate:.1f}{same}",
                  flush=True)


main()

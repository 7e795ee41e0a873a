#!/usr/bin/env python3
"""ONNX Runtime beside the engine: the exported graph's numbers against `millwright-engine forward` on the same tokens.

    onnx_check.py CLI ENGINE [MODEL_FOLDER TEXTS]

Tiny random models of the five families with every head, and, where one is named, a model folder with a file of texts, one
a line. Each is entered in a project, exported with `models P export --format onnx` and run in padded batches of texts of
unequal length. Prints the largest difference of each; exit 1 when one is above 1e-4. Needs torch, transformers and
onnxruntime; what ONNX Runtime gives for MODEL_FOLDER is compared with transformers, too.
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime
import torch
import transformers

LIMIT = 1e-4
BATCH = 8
SIZES = {"vocab_size": 300, "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
         "intermediate_size": 80, "max_position_embeddings": 70}
DISTIL = {"vocab_size": 300, "dim": 48, "n_layers": 3, "n_heads": 4, "hidden_dim": 80, "max_position_embeddings": 70}
FAMILIES = {
    "bert": ("bert", SIZES | {"type_vocab_size": 2}),
    # MiniLM is BERT with the other GELU here, so that both are tried.
    "minilm": ("bert", SIZES | {"type_vocab_size": 2, "num_attention_heads": 12, "hidden_act": "gelu_new"}),
    "distilbert": ("distilbert", DISTIL),
    "roberta": ("roberta", SIZES | {"type_vocab_size": 1, "layer_norm_eps": 1e-5}),
    "xlm-roberta": ("xlm-roberta", SIZES | {"type_vocab_size": 1, "layer_norm_eps": 1e-5, "hidden_act": "relu"}),
}
HEADS = {"none": transformers.AutoModel, "sequence": transformers.AutoModelForSequenceClassification,
         "token": transformers.AutoModelForTokenClassification, "masked-lm": transformers.AutoModelForMaskedLM}


def make_model(folder, family, head):
    model_type, sizes = FAMILIES[family]
    torch.manual_seed(len(family) * 10 + len(head))
    labels = {"num_labels": 5} if head in ("sequence", "token") else {}
    model = HEADS[head].from_config(transformers.AutoConfig.for_model(model_type, **sizes, **labels)).eval()
    with torch.no_grad():  # as drawn they are so small that a fault would hide
        for name, parameter in model.named_parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(folder)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [f"word{i}" for i in range(5, 300)]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")


def random_tokens(types):
    draw = random.Random(7)
    rows = []
    for _ in range(50):
        ids = [2] + [draw.randrange(5, 300) for _ in range(draw.randrange(1, 60))] + [3]
        second = draw.randrange(1, len(ids))
        rows.append((ids, [int(types and i >= second) for i in range(len(ids))]))
    return rows


def engine_numbers(engine, folder, rows):
    lines = "".join(json.dumps({"ids": ids, "type_ids": types}) + "\n" for ids, types in rows)
    out = subprocess.run([engine, "forward", str(folder)], input=lines, check=True, capture_output=True, text=True)
    return [np.array(json.loads(line).popitem()[1]) for line in out.stdout.splitlines()]


def onnx_numbers(path, rows, pad, head):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = {value.name for value in session.get_inputs()}
    out = []
    for first in range(0, len(rows), BATCH):
        batch = rows[first:first + BATCH]
        longest = max(len(ids) for ids, _ in batch)
        feed = {"input_ids": [ids + [pad] * (longest - len(ids)) for ids, _ in batch],
                "attention_mask": [[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in batch],
                "token_type_ids": [types + [0] * (longest - len(types)) for _, types in batch]}
        numbers, = session.run(None, {k: np.array(v, np.int64) for k, v in feed.items() if k in wanted})
        for row, (ids, _) in zip(numbers, batch):
            row = row if head == "sequence" else row[:len(ids)]
            out.append(row.mean(0) if head == "none" else row)  # forward gives the mean where there is no head
    return out


def export(cli, project, folder, target):
    model = json.loads(subprocess.run([cli, "models", project, "add", str(folder), "--json"], check=True,
                                      capture_output=True, text=True).stdout)["model"]
    subprocess.run([cli, "models", project, "export", model, "--format", "onnx", "--to", str(target), "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)


def head_of(config):
    name = (config.architectures or [""])[0]
    return ("sequence" if "Sequence" in name else "token" if "TokenClass" in name
            else "masked-lm" if "Masked" in name or "PreTraining" in name else "none")


def largest(one, other):
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


def check_folder(cli, engine, project, folder, texts, target):
    export(cli, project, folder, target)
    # From the exported folder: its tokenizer and configuration must do.
    tokenizer = transformers.AutoTokenizer.from_pretrained(target)
    config = transformers.AutoConfig.from_pretrained(target)
    head = head_of(config)
    rows = []
    for text in texts:
        encoded = tokenizer(text, truncation=True, max_length=128)
        rows.append((encoded["input_ids"], encoded.get("token_type_ids", [0] * len(encoded["input_ids"]))))
    runtime = onnx_numbers(target / "model.onnx", rows, config.pad_token_id, head)
    reference = HEADS[head].from_pretrained(folder).eval()
    numbers = []
    with torch.no_grad():
        for ids, _ in rows:
            out = reference(input_ids=torch.tensor([ids]))
            numbers.append((out.last_hidden_state[0].mean(0) if head == "none" else out.logits[0]).numpy())
    return largest(runtime, engine_numbers(engine, folder, rows)), largest(runtime, numbers)


def main():
    cli, engine = sys.argv[1:3]
    transformers.logging.disable_progress_bar()
    print(f"onnxruntime {onnxruntime.__version__}, transformers {transformers.__version__}")
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        project = str(root / "p")
        subprocess.run([cli, "init", project, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        for family in FAMILIES:
            for head in HEADS:
                folder, target = root / f"{family}-{head}", root / f"{family}-{head}-onnx"
                make_model(folder, family, head)
                export(cli, project, folder, target)
                rows = random_tokens(types=family in ("bert", "minilm"))
                pad = json.loads((target / "config.json").read_text())["pad_token_id"]
                difference = largest(onnx_numbers(target / "model.onnx", rows, pad, head),
                                     engine_numbers(engine, folder, rows))
                worst = max(worst, difference)
                print(f"{family}, {head}: {difference:.1e}")
        if len(sys.argv) > 4:
            texts = pathlib.Path(sys.argv[4]).read_text().splitlines()
            pair = check_folder(cli, engine, project, pathlib.Path(sys.argv[3]), texts, root / "named-onnx")
            worst = max(worst, *pair)
            print(f"{sys.argv[3]}, {len(texts)} texts: {pair[0]:.1e} from the engine, {pair[1]:.1e} from transformers")
    print(f"largest {worst:.1e}, limit {LIMIT:.0e}")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())

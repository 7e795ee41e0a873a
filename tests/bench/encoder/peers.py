#!/usr/bin/env python3
"""Training speed beside Hugging Face's Trainer: real tokens a second on the same rows, side by side in one run.

    peers.py ENGINE MODEL_FOLDER CLINC150 [STEPS]

MODEL_FOLDER gives tokenizer and size (MiniLM: 22.7M parameters); weights do not matter for speed. Batches of 32, two
threads, AdamW, clipping at 1, Trainer with group_by_length. Needs torch, transformers and accelerate. Each side takes the
better of two turns.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

THREADS = 2
BATCH = 32


def rows_of(folder):
    return [json.loads(line) for line in open(folder / "train.jsonl")]


def ours(engine, model, rows, dtype, steps):
    with tempfile.TemporaryDirectory() as name:
        job = pathlib.Path(name)
        (job / "inputs").mkdir()
        with open(job / "inputs/rows.jsonl", "w") as out:
            for i, row in enumerate(rows):
                out.write(json.dumps({"record": f"1-{i}", "text": row["text"], "label": row["label"], "split": "train"}) + "\n")
        shutil.copytree(model, job / "inputs/base")
        options = {"batch_size": BATCH, "max_steps": steps, "epochs": 100, "dtype": dtype, "threads": THREADS,
                   "checkpoint_seconds": 86400}
        spec = {"format": 1, "job": str(uuid.uuid4()), "kind": "train",
                "body": {"algorithm": "encoder", "seed": 1, "device": "cpu", "options": options}}
        (job / "spec.json").write_text(json.dumps(spec))
        subprocess.run([engine, name], check=True)
        return json.loads((job / "result.json").read_text())["outputs"]["training"]["tokens_per_second"]


def theirs(model, rows, dtype, steps):
    """In a process of its own, so that neither side inherits the other's threads."""
    code = subprocess.run([sys.executable, __file__, "--trainer", str(model), dtype, str(steps)], check=True,
                          input=json.dumps(rows), capture_output=True, text=True,
                          env=os.environ | {"OMP_NUM_THREADS": str(THREADS), "TOKENIZERS_PARALLELISM": "false"})
    return float(code.stdout.splitlines()[-1])


def trainer(model, dtype, steps):
    import torch
    import transformers
    rows = json.load(sys.stdin)
    torch.set_num_threads(THREADS)
    transformers.logging.set_verbosity_error()
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    labels = sorted({row["label"] for row in rows})
    number = {label: i for i, label in enumerate(labels)}
    data = [dict(tokenizer(row["text"], truncation=True, max_length=128), labels=number[row["label"]]) for row in rows]
    network = transformers.AutoModelForSequenceClassification.from_pretrained(model, num_labels=len(labels))

    class Count(transformers.TrainerCallback):
        began, tokens = None, 0

        def on_step_begin(self, args, state, control, **kwargs):
            if state.global_step == 5:  # the first steps warm up
                self.began, self.tokens = time.perf_counter(), 0

    count = Count()
    collate = transformers.DataCollatorWithPadding(tokenizer)

    def counted(batch):
        out = collate(batch)
        count.tokens += int(out["attention_mask"].sum())
        return out

    settings = dict(output_dir=tempfile.mkdtemp(), per_device_train_batch_size=BATCH, max_steps=steps, report_to=[],
                    save_strategy="no", logging_strategy="no", bf16=dtype == "bf16", use_cpu=True, disable_tqdm=True,
                    dataloader_pin_memory=False)
    try:
        arguments = transformers.TrainingArguments(group_by_length=True, **settings)
    except TypeError:  # newer versions name the sampler
        arguments = transformers.TrainingArguments(train_sampling_strategy="group_by_length", **settings)
    transformers.Trainer(network, arguments, train_dataset=data, data_collator=counted, callbacks=[count]).train()
    print(count.tokens / (time.perf_counter() - count.began))


def main():
    if sys.argv[1] == "--trainer":
        return trainer(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    engine, model, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    steps = int(sys.argv[4]) if len(sys.argv) > 4 else 60
    rows = rows_of(folder)
    result = {}
    for dtype in ("fp32", "bf16"):
        best = {"ours": 0.0, "trainer": 0.0}
        for _ in range(2):
            best["ours"] = max(best["ours"], ours(engine, model, rows, dtype, steps))
            best["trainer"] = max(best["trainer"], theirs(model, rows, dtype, steps))
        result[dtype] = best | {"ratio": best["ours"] / best["trainer"]}
        print(dtype, json.dumps(result[dtype]), flush=True)


if __name__ == "__main__":
    main()

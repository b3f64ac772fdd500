"""Imports torch, builds GoogLeNet, runs one image and exits; the caller times the process.

    python first_logits.py THREADS
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "parity"))
from googlenet import GoogLeNet  # noqa: E402


def main(threads: int) -> None:
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = GoogLeNet(aux_logits=True).eval()
    with torch.inference_mode():
        logits, _, _ = model(torch.zeros(1, 3, 224, 224))
    print(logits[0, :5].tolist(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))

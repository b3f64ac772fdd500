"""The PyTorch-eager side of the benchmark: one timed run per request, so that the caller can interleave both sides.

Requests are JSON lines on stdin, each answered by one JSON line (`{"error": …}` when it fails):
    {"op": "load", "weights": FILE.safetensors, "images": FILE, "labels": FILE, "count": N, "threads": T, "numClasses": C,
     "channelsLast": false, "device": "cpu", "precision": "float32", "fused": false}
        weights of a model with both auxiliary heads; N images as raw float32 [N, 3, 224, 224]; N labels as raw int32;
        "bfloat16": steps under autocast; whether SGD is PyTorch's fused one
    {"op": "forward", "batch": B}   one run of the first B images  → {"ms", "logits"}   (the first five logits)
    {"op": "step", "batch": B}      one SGD step on them             → {"ms", "loss"}
    {"op": "profile", "batch": B, "steps": N}
        where the time of N steps goes  → {"ms", "kinds": {kind: ms}}   (of one step)
    {"op": "rss"}                                                    → {"bytes"}
Ends when stdin ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "parity"))
from googlenet import GoogLeNet  # noqa: E402
from step_profile import time_by_kind  # noqa: E402

AUX_WEIGHT = 0.3
DTYPES = {"F32": torch.float32, "I64": torch.int64}


def load_file(path: str) -> dict[str, Tensor]:
    """A safetensors file, read without the package of that name: a machine with PyTorch need not have it."""
    data = bytearray(Path(path).read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)

    def read(dtype: str, shape: list[int], data_offsets: list[int]) -> Tensor:
        begin, end = (start + offset for offset in data_offsets)
        size = DTYPES[dtype].itemsize
        numbers = torch.frombuffer(data[begin:end], dtype=DTYPES[dtype], count=(end - begin) // size)
        return numbers.reshape(shape)

    return {name: read(**tensor) for name, tensor in header.items()}


class Peer:
    def load(
        self,
        weights: str,
        images: str,
        labels: str,
        count: int,
        threads: int,
        numClasses: int,
        channelsLast: bool = False,
        device: str = "cpu",
        precision: str = "float32",
        fused: bool = False,
        **_: Any,
    ) -> dict[str, Any]:
        torch.set_num_threads(threads)
        layout = torch.channels_last if channelsLast else torch.contiguous_format
        self.model = GoogLeNet(num_classes=numClasses, aux_logits=True)
        self.model.load_state_dict(load_file(weights))
        self.device = torch.device(device)
        self.model.to(self.device, memory_format=layout)
        self.sgd = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9, weight_decay=2e-4, fused=fused)
        self.autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=precision == "bfloat16")
        numbers = torch.from_file(images, size=count * 3 * 224 * 224, dtype=torch.float32)
        self.images = numbers.clone().reshape(count, 3, 224, 224).contiguous(memory_format=layout)
        self.labels = torch.from_file(labels, size=count, dtype=torch.int32).to(torch.int64)
        return {"torch": torch.__version__, "threads": torch.get_num_threads()}

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        if size > len(self.images):
            raise ValueError(f"batch {size} of {len(self.images)} images")
        return self.images[:size], self.labels[:size]

    def forward(self, batch: int) -> dict[str, Any]:
        images, _ = self.batch(batch)
        self.model.eval()
        with torch.inference_mode():
            start = time.perf_counter()
            heads = [head.cpu() for head in self.model(images.to(self.device))]
            ms = (time.perf_counter() - start) * 1000
        return {"ms": ms, "logits": heads[0][0, :5].tolist()}

    def step(self, batch: int) -> dict[str, Any]:
        images, labels = self.batch(batch)
        self.model.train()
        start = time.perf_counter()
        self.sgd.zero_grad(set_to_none=True)
        labels = labels.to(self.device)
        with self.autocast:
            main, aux1, aux2 = self.model(images.to(self.device))
            loss = F.cross_entropy(main, labels)
            loss = loss + AUX_WEIGHT * F.cross_entropy(aux1, labels)
            loss = loss + AUX_WEIGHT * F.cross_entropy(aux2, labels)
        loss.backward()
        self.sgd.step()
        value = loss.item()
        return {"ms": (time.perf_counter() - start) * 1000, "loss": value}

    def profile(self, batch: int, steps: int) -> dict[str, Any]:
        return time_by_kind(lambda: self.step(batch)["ms"], steps, self.device.type)

    def rss(self) -> dict[str, Any]:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return {"bytes": pages * os.sysconf("SC_PAGE_SIZE")}


def main() -> None:
    # Ctrl-C is the caller's business; a traceback of this process says nothing.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    peer = Peer()
    operations = {name: getattr(peer, name) for name in ("load", "forward", "step", "profile", "rss")}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = operations[request.pop("op")](**request)
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()

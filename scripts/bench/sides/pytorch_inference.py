"""PyTorch as a side of the inference benchmark: `peer_inference.py eager | channels-last | compile | compile-bfloat16`.

Answers JSON lines as server.mjs does: load {"weights", "images", "threads"}, forward {"batch", "turn"} → {"ms": […], "logits"}, rss.
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
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "parity"))
from googlenet import GoogLeNet  # noqa: E402


class Peer:
    def __init__(self, mode: str) -> None:
        self.mode = mode

    def load(self, weights: str, images: str, threads: int, **_: Any) -> dict[str, Any]:
        torch.set_num_threads(threads)
        state = load_file(weights)
        model = GoogLeNet(num_classes=state["fc.bias"].numel())
        model.load_state_dict(state, strict=False)
        model.eval()
        dtype = torch.bfloat16 if self.mode == "compile-bfloat16" else torch.float32
        self.layout = torch.contiguous_format if self.mode == "eager" else torch.channels_last
        model.to(dtype=dtype, memory_format=self.layout)
        if self.mode.startswith("compile"):
            from torch._inductor import config

            config.freezing = True
            self.model = torch.compile(model)
        else:
            self.model = model
        count = os.path.getsize(images) // (4 * 3 * 224 * 224)
        numbers = torch.from_file(images, size=count * 3 * 224 * 224, dtype=torch.float32)
        self.images = numbers.clone().reshape(count, 3, 224, 224)
        self.dtype = dtype
        return {"torch": torch.__version__}

    def forward(self, batch: int, turn: float) -> dict[str, Any]:
        ms = []
        end = time.perf_counter() + turn / 1000
        with torch.inference_mode() if not self.mode.startswith("compile") else torch.no_grad():
            while not ms or time.perf_counter() < end:
                start = time.perf_counter()
                images = self.images[:batch].to(dtype=self.dtype, memory_format=self.layout)
                logits = self.model(images)[0].float()
                ms.append((time.perf_counter() - start) * 1000)
        return {"ms": ms, "logits": logits[0].tolist()}

    def rss(self) -> dict[str, Any]:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return {"bytes": pages * os.sysconf("SC_PAGE_SIZE")}


def main() -> None:
    # Ctrl-C is the caller's business; a traceback of this process says nothing.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    peer = Peer(sys.argv[1])
    operations = {name: getattr(peer, name) for name in ("load", "forward", "rss")}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = operations[request.pop("op")](**request)
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()

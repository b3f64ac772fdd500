"""Serves the reference cases as JSON lines, so that torch is imported once.

Request:  {"id": 1, "case": "forward", "threads": 2, "out": "case.safetensors", "arguments": {…}}
Answer:   {"id": 1, "ok": true, "facts": {…}}  with the tensors in `out`, or  {"id": 1, "ok": false, "error": "…"}

Ends when stdin ends. Try it by hand:
    echo '{"id": 1, "case": "info", "threads": 1, "out": "case.safetensors", "arguments": {}}' | python reference.py
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

import torch
from cases import CASES
from safetensors.torch import save_file


def answer(request: dict[str, Any]) -> dict[str, Any]:
    torch.set_num_threads(request["threads"])
    tensors, facts = CASES[request["case"]](**request["arguments"])
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, request["out"])
    return {"id": request["id"], "ok": True, "facts": facts}


def main() -> None:
    replies, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = answer(request)
        except Exception:
            reply = {"id": request["id"], "ok": False, "error": traceback.format_exc()}
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()

"""Writes the main head of GoogLeNet as ONNX, for onnxruntime: `export_onnx.py WEIGHTS.safetensors FILE.onnx PACKAGES`.

PACKAGES is the folder in which the package `onnx` is, which PyTorch's exporter needs.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "parity"))
sys.path.append(sys.argv[3])

import torch  # noqa: E402
from googlenet import GoogLeNet  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from torch import Tensor, nn  # noqa: E402


class MainHead(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images)[0]


def main() -> None:
    # The exporter that needs nothing but PyTorch and onnx says that there is a newer one.
    warnings.simplefilter("ignore")
    weights, file, _ = sys.argv[1:]
    state = load_file(weights)
    model = GoogLeNet(num_classes=state["fc.bias"].numel())
    model.load_state_dict(state, strict=False)
    torch.onnx.export(
        MainHead(model).eval(),
        (torch.zeros(1, 3, 224, 224),),
        file,
        dynamo=False,
        input_names=["images"],
        output_names=["logits"],
        dynamic_axes={"images": {0: "n"}, "logits": {0: "n"}},
    )


if __name__ == "__main__":
    main()

"""Evaluation preprocessing as torchvision's tensor pipeline does it on bytes, written in torch operators alone.

`compare` holds them against torchvision's own.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision_package import import_torchvision

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def resize_short_edge(image: Tensor, size: int) -> Tensor:
    """uint8 [3, h, w] → uint8 with its short edge at `size`; the long edge is truncated, not rounded."""
    height, width = image.shape[1:]
    if width <= height:
        target = (int(size * height / width), size)
    else:
        target = (size, int(size * width / height))
    scaled = F.interpolate(
        image.unsqueeze(0).to(torch.float32), size=target, mode="bilinear", align_corners=False, antialias=True
    )
    return torch.round(scaled).squeeze(0).to(torch.uint8)


def center_crop(image: Tensor, size: int) -> Tensor:
    """[3, h, w] → [3, size, size]; `round` is Python's, half to even."""
    height, width = image.shape[1:]
    top = int(round((height - size) / 2.0))
    left = int(round((width - size) / 2.0))
    return image[:, top : top + size, left : left + size]


def normalize(images: Tensor) -> Tensor:
    """uint8 [..., 3, h, w] → float32 of the same shape, contiguous."""
    scaled = images.contiguous().to(torch.float32) / 255
    mean = torch.tensor(MEAN, dtype=torch.float32).view(-1, 1, 1)
    std = torch.tensor(STD, dtype=torch.float32).view(-1, 1, 1)
    return scaled.sub_(mean).div_(std)


def random_image(kind: str, height: int, width: int, generator: torch.Generator) -> Tensor:
    """uint8 [3, h, w]: `noise`, `gray` (one channel thrice) or `smooth` (ramps, where rounding to bytes is closest)."""
    if kind == "gray":
        return torch.randint(0, 256, (1, height, width), dtype=torch.uint8, generator=generator).repeat(3, 1, 1)
    if kind == "smooth":
        rows = torch.linspace(0, 255, height).view(1, height, 1)
        columns = torch.linspace(255, 0, width).view(1, 1, width)
        phase = torch.rand(3, 1, 1, generator=generator)
        return (rows * phase + columns * (1 - phase)).round().to(torch.uint8)
    if kind == "noise":
        return torch.randint(0, 256, (3, height, width), dtype=torch.uint8, generator=generator)
    raise ValueError(f"unknown kind of image: {kind}")


def compare(images: list[Tensor], resize: int, crop: int) -> dict[str, object]:
    """Counts the values in which these operators differ from torchvision's."""
    torchvision = import_torchvision()
    vision = torchvision.transforms.functional
    values = mismatches = 0
    for image in images:
        theirs = vision.center_crop(vision.resize(image, [resize], antialias=True), [crop, crop])
        theirs = vision.normalize(vision.convert_image_dtype(theirs, torch.float32), list(MEAN), list(STD))
        ours = normalize(center_crop(resize_short_edge(image, resize), crop))
        values += ours.numel()
        mismatches += int((ours.view(torch.int32) != theirs.contiguous().view(torch.int32)).sum())
    return {"version": torchvision.__version__, "tensors": len(images), "values": values, "mismatches": mismatches}

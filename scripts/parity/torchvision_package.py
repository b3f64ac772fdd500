"""Importing torchvision with any build of PyTorch."""

from __future__ import annotations

from types import ModuleType

import torch


def import_torchvision() -> ModuleType:
    """Its compiled operators fit one build of PyTorch only, and its package describes them when it is imported. Its models and
    transforms need none of them, so the descriptions are left out."""
    register_fake = torch.library.register_fake
    torch.library.register_fake = lambda *_arguments, **_options: lambda function: function
    try:
        import torchvision
        import torchvision.transforms.functional
    finally:
        torch.library.register_fake = register_fake
    return torchvision

"""What PyTorch keeps under ``torch.utils``: `data` is `wengert.data`, and `checkpoint` trades time for memory."""

from wengert.utils import checkpoint, data

__all__ = ["checkpoint", "data"]

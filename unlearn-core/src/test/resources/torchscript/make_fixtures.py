"""Makes the files of this folder; see README.md. Needs torch and safetensors."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

VOCABULARY, WIDTH, HEADS, POSITIONS = 40, 16, 2, 12
IDS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6, 5], [2, 7, 1, 8, 2, 8, 0, 0, 0]])
MASK = torch.tensor([[1] * 9, [1] * 6 + [0] * 3])


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.project = nn.Linear(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.up = nn.Linear(WIDTH, 2 * WIDTH)
        self.down = nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x, visible, past_key, past_value):
        batch, length = x.size(0), x.size(1)
        q, k, v = self.qkv(self.norm1(x)).split(WIDTH, 2)
        q = q.view(batch, length, HEADS, -1).transpose(1, 2)
        k = torch.cat([past_key, k.view(batch, length, HEADS, -1).transpose(1, 2)], 2)
        v = torch.cat([past_value, v.view(batch, length, HEADS, -1).transpose(1, 2)], 2)
        scores = (q @ k.transpose(2, 3)) / (WIDTH // HEADS) ** 0.5
        scores = scores.masked_fill(visible.logical_not(), -1e9)
        mixed = (scores.softmax(3) @ v).transpose(1, 2).reshape(batch, length, WIDTH)
        x = x + self.project(mixed)
        return x + self.down(F.gelu(self.up(self.norm2(x)))), k, v


def causal(length, past, mask):
    """Which of past + length keys each of length queries sees: (B or 1, 1, length, past + length)."""
    q = torch.arange(length).unsqueeze(1) + past
    visible = (torch.arange(past + length).unsqueeze(0) <= q).unsqueeze(0).unsqueeze(0)
    return visible & (mask != 0).unsqueeze(1).unsqueeze(1)


class Trunk(nn.Module):
    def __init__(self, tied):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.layer = Layer()
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        if tied:
            self.head.weight = self.tokens.weight

    def forward(self, ids, positions, mask):
        x = self.tokens(ids) + self.positions(positions)
        none = torch.zeros(ids.size(0), HEADS, 0, WIDTH // HEADS)
        x, _, _ = self.layer(x, causal(ids.size(1), 0, mask), none, none)
        return self.head(self.norm(x))


class Ids(nn.Module):
    def __init__(self, tied=False):
        super().__init__()
        self.trunk = Trunk(tied)

    def forward(self, input_ids):
        positions = torch.arange(input_ids.size(1)).unsqueeze(0)
        return self.trunk(input_ids, positions, torch.ones_like(input_ids))


class Mask(nn.Module):
    """Positions count what the mask shows, as OPT's do."""

    def __init__(self):
        super().__init__()
        self.trunk = Trunk(True)

    def forward(self, input_ids, attention_mask):
        positions = (attention_mask.cumsum(1) - 1).clamp(min=0)
        return self.trunk(input_ids, positions, attention_mask)


class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = Trunk(False)

    def forward(self, input_ids, position_ids):
        return self.trunk(input_ids, position_ids, torch.ones_like(input_ids))


class Fixed(nn.Module):
    """int() makes the length a constant of the trace."""

    def __init__(self):
        super().__init__()
        self.trunk = Trunk(False)

    def forward(self, input_ids):
        positions = torch.arange(int(input_ids.size(1))).unsqueeze(0)
        return self.trunk(input_ids, positions, torch.ones_like(input_ids))


class Dropout(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(WIDTH, VOCABULARY)

    def forward(self, input_ids):
        return self.head(F.dropout(self.dropout(self.tokens(input_ids)), 0.5, self.training))


class Past(nn.Module):
    """DJL's contract for text generation."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.layers = nn.ModuleList([Layer(), Layer()])
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, input_ids, position_ids, attention_mask, past_key_values):
        x = self.tokens(input_ids) + self.positions(position_ids)
        visible = causal(input_ids.size(1), past_key_values[0][0].size(2), attention_mask)
        present = []
        for layer, (key, value) in zip(self.layers, past_key_values):
            x, key, value = layer(x, visible, key, value)
            present.append((key, value))
        return self.head(x), tuple(present)


def golden(name, logits_of, model):
    model.eval()
    logits = logits_of(model)
    nll = F.cross_entropy(logits[:, :-1].flatten(0, 1), IDS[:, 1:].flatten(), reduction="none")
    nll = nll.view(2, -1) * MASK[:, 1:]
    loss = nll.sum() / MASK[:, 1:].sum()
    model.zero_grad()
    loss.backward()
    tensors = {"grad." + n: p.grad for n, p in model.named_parameters()}
    tensors.update(logits=logits.detach(), nll=nll.detach(), loss=loss.detach().reshape(1))
    save_file({n: t.contiguous() for n, t in tensors.items()}, name + ".safetensors")


def make(name, model, logits_of, example=None, mode=nn.Module.eval):
    for parameter in model.parameters():  # some spread in norms and offsets, too
        nn.init.normal_(parameter, 0.3 if parameter.dim() == 1 else 0.0, 0.3)
    golden(name, logits_of, model)
    mode(model)
    module = torch.jit.script(model) if example is None else torch.jit.trace(model, example)
    torch.jit.save(module, name + ".pt")


def dummy(batch, length=1):
    return tuple((torch.zeros(batch, HEADS, length, WIDTH // HEADS),) * 2 for _ in range(2))


torch.manual_seed(42)
example = torch.tensor([[1, 2, 3, 4], [4, 3, 2, 1]])
steps = torch.arange(9).unsqueeze(0).expand(2, -1)
make("ids", Ids(), lambda m: m(IDS), example)
make("ids_tied", Ids(tied=True), lambda m: m(IDS), example)
make("ids_mask", Mask(), lambda m: m(IDS, MASK), (example, torch.ones_like(example)))
make("ids_positions", Positions(), lambda m: m(IDS, steps), (example, torch.arange(4).expand(2, -1)))
make("dropout", Dropout(), lambda m: m(IDS), mode=nn.Module.train)
make("fixed_length", Fixed(), lambda m: m(IDS), example)
make(
    "past",
    Past(),
    lambda m: m(IDS, steps, torch.cat([torch.zeros_like(MASK[:, :1]), MASK], 1), dummy(2))[0],
    (torch.tensor([[4]]), torch.tensor([[3]]), torch.ones(1, 4, dtype=torch.int64), dummy(1, 3)),
)
torch.save(Ids().state_dict(), "state_dict.pt")

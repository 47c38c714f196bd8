"""Writes the files of this folder; run here, with PyTorch (they were made by 2.13.0)."""
from collections import OrderedDict

import torch

# A state dict as a module gives it, with _metadata; protocol 2. Several views of two storages.
base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
half = torch.tensor([1.5, -2.0, 65504.0, 2.0**-24, float("inf")], dtype=torch.float16)
state = OrderedDict(
    plain=base,
    turned=base.t(),
    inner=base[1:3, 2:5],
    every_second=base[::2, 1::2],
    expanded=base[0, 3].expand(2, 3),
    half=half,
    half_end=half[3:],
    brain=torch.tensor([[1.5, -2.0], [2.0**-133, float("inf")]], dtype=torch.bfloat16),
)
state._metadata = OrderedDict({"": {"version": 1}})
torch.save(state, "state_dict_protocol2.bin")

# One tensor of each type, parameters, scalars and empty tensors; protocol 5.
types = dict(
    f64=torch.float64, f32=torch.float32, f16=torch.float16, bf16=torch.bfloat16, i64=torch.int64,
    i32=torch.int32, i16=torch.int16, i8=torch.int8, u64=torch.uint64, u32=torch.uint32,
    u16=torch.uint16, u8=torch.uint8, bool=torch.bool, f8_e4m3=torch.float8_e4m3fn,
    f8_e5m2=torch.float8_e5m2,
)
state = {name: torch.tensor([0, 1], dtype=torch.float32).to(dtype) for name, dtype in types.items()}
state["parameter"] = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
state["scalar"] = torch.tensor(7.0)
state["empty"] = torch.zeros(0, 5)
torch.save(state, "types_protocol5.bin", pickle_protocol=5)

# What must be refused, with a sentence that says why.
one = {"w": torch.tensor([1.0])}
torch.save(one, "legacy.bin", _use_new_zipfile_serialization=False)
torch.save({"epoch": 3, "state_dict": one}, "trainer.bin")
torch.save({"w": torch.tensor([1 + 2j]).conj().imag}, "negated.bin")

"""Makes the adapters in this folder with PEFT on the checkpoints beside it: python make_adapters.py .."""

import os
import sys

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

GOLDEN = sys.argv[1]
CASES = {
    "gpt2": dict(r=2, lora_alpha=3, target_modules=["c_attn", "mlp.c_proj"]),
    "gpt_neo": dict(r=3),
    "opt_pre": dict(r=2, lora_alpha=4, use_rslora=True, target_modules=["k_proj", "out_proj", "fc2"]),
    "llama_gqa": dict(
        r=2, lora_alpha=1, target_modules=r".*layers\.1\.(self_attn\.[kv]_proj|mlp\.[a-z]+_proj)|lm_head"
    ),
    "gpt_neox": dict(r=2, lora_alpha=5, lora_dropout=0.1, target_modules=["query_key_value", "dense"]),
}
FILES = ("adapter_config.json", "adapter_model.safetensors")

for name, options in CASES.items():
    folder = os.path.join(GOLDEN, name)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = load_file(os.path.join(folder, "golden.safetensors"))["input_ids"].long()
    model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **options)).eval()
    torch.manual_seed(7)
    with torch.no_grad():
        for key, value in model.named_parameters():
            if "lora_" in key:
                value.normal_(0, 0.1)
        logits = model(ids).logits
    model.save_pretrained(name, save_embedding_layers=False)
    for file in os.listdir(name):
        if file not in FILES:
            os.remove(os.path.join(name, file))
    nll = -logits[:, :-1].log_softmax(-1).gather(2, ids[:, 1:, None]).squeeze(2)
    save_file({"nll": nll, "logits": logits[:, -2].contiguous()}, os.path.join(name, "golden.safetensors"))

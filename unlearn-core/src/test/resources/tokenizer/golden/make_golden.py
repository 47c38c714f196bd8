"""Makes the folders of other styles than `bytes` and `pieces`; needs tokenizers 0.23."""
import json
import pathlib
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
random.seed(5)
WORDS = ["".join(random.choice(["ka", "lo", "mi", "ru", "te", "sa", "né"]) for _ in range(random.randint(1, 3))) for _ in range(60)]
CORPUS = [" ".join(random.choices(WORDS, k=12)) + " 1234's (x)\n" for _ in range(60)]
TEXTS = ["kalo miru", "Kalo's miru'LL 12345 x2", "  kalo\n\n  te \t", "ne\u0301 n\u00e9 \u00c5 \ufb01 \u3000",
         "f(x);\n\tobj.sa()\r\n ok   ", "a<s>b <mask> c</s>  <|user|> d", "😀 日本語 \u00a0x", "   ", "mi\n", "don't   -- 100.000,5"]
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def save(name, tokenizer):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    data = json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    unknown = data["model"].get("unk_id")
    if unknown is None:
        unknown = tokenizer.token_to_id(data["model"].get("unk_token") or "")
    lines = []
    for text in TEXTS:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        if ids and unknown not in ids:
            lines.append(json.dumps({"text": text, "ids": ids}, ensure_ascii=False))
    assert len(lines) > 3, (name, len(lines))
    (folder / "expected.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def byte_level(name, normalizer, pre, added=()):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=320, special_tokens=["<s>"], initial_alphabet=alphabet, show_progress=False))
    tokenizer.add_tokens(list(added))
    save(name, tokenizer)


def split(regex):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(regex), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


user = AddedToken("<|user|>", rstrip=True, normalized=False, special=True)
mask = AddedToken("<mask>", lstrip=True, normalized=True, special=True)
byte_level("llama3", None, split(LLAMA3), [user])
byte_level("qwen2", normalizers.NFC(), split(LLAMA3.replace("{1,3}", "")), [mask, user])
byte_level("neox", normalizers.NFC(), pre_tokenizers.ByteLevel(add_prefix_space=False),
           [AddedToken(" " * k) for k in (4, 3, 2)])

gemma = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
gemma.normalizer = normalizers.Replace(" ", "▁")
gemma.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
gemma.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
gemma.train_from_iterator(CORPUS, trainers.BpeTrainer(
    vocab_size=340, special_tokens=["<unk>", "<s>"] + ["<0x%02X>" % b for b in range(256)], show_progress=False))
data = json.loads(gemma.to_str())
data["added_tokens"] = [token for token in data["added_tokens"] if not token["content"].startswith("<0x")]
gemma = Tokenizer.from_str(json.dumps(data))
gemma.add_tokens([AddedToken("\n\n", normalized=False), AddedToken("▁▁", normalized=False)])
save("gemma", gemma)

t5 = Tokenizer(models.Unigram())
t5.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
t5.pre_tokenizer = pre_tokenizers.Metaspace("▁", "always", True)
t5.decoder = decoders.Metaspace("▁", "always", True)
t5.train_from_iterator(CORPUS + TEXTS, trainers.UnigramTrainer(
    vocab_size=150, special_tokens=["<s>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
t5.add_tokens([mask])
save("unigram", t5)

bert = Tokenizer(models.WordPiece(unk_token="[UNK]"))
bert.normalizer = normalizers.BertNormalizer()
bert.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
bert.decoder = decoders.WordPiece()
bert.train_from_iterator(CORPUS + TEXTS, trainers.WordPieceTrainer(
    vocab_size=150, special_tokens=["[UNK]", "[MASK]"], show_progress=False))
save("wordpiece", bert)

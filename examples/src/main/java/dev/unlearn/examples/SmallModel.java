package dev.unlearn.examples;

import com.google.gson.Gson;
import dev.unlearn.CausalLms;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.LinkedHashMap;
import java.util.Map;

/** A small GPT-Neo over single printable ASCII characters, with random weights. */
final class SmallModel {
  private static final char FIRST = ' ';
  private static final char LAST = '~';

  private SmallModel() {}

  static TrainableCausalLm create(long seed) {
    return create(seed, 4, 96);
  }

  /** Returns one of another size; both numbers are even, the width a multiple of 4. */
  static TrainableCausalLm create(long seed, int layers, int width) {
    return CausalLms.create(config(layers, width), tokenizer(), seed);
  }

  private static String config(int layers, int width) {
    return """
        {
          "model_type": "gpt_neo",
          "architectures": ["GPTNeoForCausalLM"],
          "vocab_size": %d,
          "hidden_size": %d,
          "num_layers": %d,
          "num_heads": 4,
          "max_position_embeddings": 48,
          "attention_types": [[["global", "local"], %d]],
          "window_size": 16,
          "activation_function": "gelu_new",
          "bos_token_id": 0,
          "eos_token_id": 0,
          "dtype": "float32"
        }
        """
        .formatted(LAST - FIRST + 2, width, layers, layers / 2);
  }

  private static String tokenizer() {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    vocabulary.put("<unk>", 0);
    for (char c = FIRST; c <= LAST; c++) {
      vocabulary.put(String.valueOf(c), c - FIRST + 1);
    }
    return """
        {
          "version": "1.0",
          "truncation": null,
          "padding": null,
          "added_tokens": [],
          "normalizer": null,
          "pre_tokenizer": {
            "type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": false
          },
          "post_processor": null,
          "decoder": {"type": "Fuse"},
          "model": {"type": "WordLevel", "vocab": %s, "unk_token": "<unk>"}
        }
        """
        .formatted(new Gson().toJson(vocabulary));
  }
}

package dev.unlearn.benchmarks;

import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Random models and sequences of given shapes. */
final class Models {
  private static final String NO_TOKENIZER =
      """
      {"version": "1.0", "added_tokens": [], "decoder": {"type": "Fuse"},
       "pre_tokenizer": {"type": "Whitespace"},
       "model": {"type": "WordLevel", "vocab": {"<unk>": 0}, "unk_token": "<unk>"}}
      """;

  private Models() {}

  /** Returns a GPT-Neo with alternating global and local layers and a window of the context. */
  static TrainableCausalLm gptNeo(int layers, int width, int heads, int vocabulary, int context) {
    return gptNeo(layers, width, heads, vocabulary, context, LoadOptions.none());
  }

  /** Returns the same with options. */
  static TrainableCausalLm gptNeo(
      int layers, int width, int heads, int vocabulary, int context, LoadOptions options) {
    String config =
        """
        {"model_type": "gpt_neo", "num_layers": %d, "hidden_size": %d, "num_heads": %d,
         "vocab_size": %d, "max_position_embeddings": %d, "window_size": %d,
         "attention_types": [[["global", "local"], %d]]}
        """
            .formatted(
                layers, width, heads, vocabulary, context, Math.min(256, context), layers / 2);
    return CausalLms.create(config, NO_TOKENIZER, 1, options);
  }

  /** Returns a Llama without shared heads. */
  static TrainableCausalLm llama(int layers, int width, int heads, int vocabulary, int context) {
    String config =
        """
        {"model_type": "llama", "num_hidden_layers": %d, "hidden_size": %d,
         "num_attention_heads": %d, "intermediate_size": %d, "vocab_size": %d,
         "max_position_embeddings": %d, "rms_norm_eps": 1e-5, "tie_word_embeddings": false}
        """
            .formatted(layers, width, heads, width * 8 / 3 / 32 * 32, vocabulary, context);
    return CausalLms.create(config, NO_TOKENIZER, 1);
  }

  /** Returns a model of one of the shapes that are measured. */
  static TrainableCausalLm ofShape(String name) {
    return switch (name) {
      case "neo16" -> gptNeo(4, 256, 8, 50_257, 256);
      case "neo125" -> gptNeo(12, 768, 12, 50_257, 1024);
      case "llama" -> llama(8, 512, 8, 32_000, 256);
      default -> throw new IllegalArgumentException("shape must be known, but was: " + name);
    };
  }

  static List<TokenSequence> sequences(int count, int length, int vocabulary) {
    Random random = new Random(2);
    return IntStream.range(0, count)
        .mapToObj(i -> TokenSequence.of(random.ints(length, 0, vocabulary).toArray()))
        .toList();
  }
}

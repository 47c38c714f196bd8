package dev.unlearn.benchmarks;

import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
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
    String config =
        """
        {"model_type": "gpt_neo", "num_layers": %d, "hidden_size": %d, "num_heads": %d,
         "vocab_size": %d, "max_position_embeddings": %d, "window_size": %d,
         "attention_types": [[["global", "local"], %d]]}
        """
            .formatted(
                layers, width, heads, vocabulary, context, Math.min(256, context), layers / 2);
    return CausalLms.create(config, NO_TOKENIZER, 1);
  }

  static List<TokenSequence> sequences(int count, int length, int vocabulary) {
    Random random = new Random(2);
    return IntStream.range(0, count)
        .mapToObj(i -> TokenSequence.of(random.ints(length, 0, vocabulary).toArray()))
        .toList();
  }
}

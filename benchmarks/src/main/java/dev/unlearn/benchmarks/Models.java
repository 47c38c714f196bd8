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

  /** A Llama of 41 million parameters, of which five heads share one of keys and values. */
  private static final String GROUPED =
      """
      {"model_type": "llama", "num_hidden_layers": 6, "hidden_size": 640,
       "num_attention_heads": 10, "num_key_value_heads": 2, "intermediate_size": 1728,
       "vocab_size": 8192, "max_position_embeddings": 256, "rms_norm_eps": 1e-5,
       "tie_word_embeddings": false}
      """;

  /** A Gemma 2 of 16 million parameters, which caps scores and has a local window of 64. */
  private static final String CAPPED =
      """
      {"model_type": "gemma2", "num_hidden_layers": 6, "hidden_size": 384,
       "num_attention_heads": 6, "num_key_value_heads": 3, "head_dim": 64,
       "intermediate_size": 1024, "vocab_size": 16384, "max_position_embeddings": 256,
       "rms_norm_eps": 1e-6, "query_pre_attn_scalar": 64, "sliding_window": 64,
       "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0,
       "hidden_activation": "gelu_pytorch_tanh"}
      """;

  private Models() {}

  /** Returns a GPT-Neo with alternating global and local layers and a window of the context. */
  static TrainableCausalLm gptNeo(int layers, int width, int heads, int vocabulary, int context) {
    return gptNeo(layers, width, heads, vocabulary, context, LoadOptions.defaults());
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
      case "grouped" -> CausalLms.create(GROUPED, NO_TOKENIZER, 1);
      case "capped" -> CausalLms.create(CAPPED, NO_TOKENIZER, 1);
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

package dev.unlearn.model.hf;

import ai.djl.ndarray.NDArray;
import dev.unlearn.TinyModel;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.model.BruteForce;
import dev.unlearn.model.TestSequences;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Contexts many times as long as windows, filled to the last position. */
@Tag("engine")
final class LongDecodingTest {
  private static final BruteForce.Tally TALLY = new BruteForce.Tally(LongDecodingTest.class);

  /** The second layer looks back 3 tokens only: after three, the prefix is out of its sight. */
  private static final String WINDOWED =
      """
      {
        "model_type": "gpt_neo", "vocab_size": 20, "hidden_size": 16, "num_layers": 2,
        "num_heads": 2, "max_position_embeddings": 300, "window_size": 3,
        "attention_types": [[["global", "local"], 1]], "activation_function": "gelu_new",
        "initializer_range": 0.3
      }
      """;

  /** All layers look back 4 tokens only, and four heads of queries share one of keys. */
  private static final String ALL_WINDOWED =
      """
      {
        "model_type": "mistral", "vocab_size": 20, "hidden_size": 16, "intermediate_size": 24,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 1,
        "max_position_embeddings": 300, "sliding_window": 4, "initializer_range": 0.3,
        "hidden_act": "silu", "rms_norm_eps": 1e-5
      }
      """;

  /** Scores and logits are capped, far below what they would be. */
  private static final String CAPPED =
      """
      {
        "model_type": "gemma2", "vocab_size": 20, "hidden_size": 16, "intermediate_size": 24,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
        "max_position_embeddings": 90, "sliding_window": 3, "query_pre_attn_scalar": 8,
        "attn_logit_softcapping": 0.5, "final_logit_softcapping": 2.0, "initializer_range": 0.3,
        "hidden_activation": "gelu_pytorch_tanh", "rms_norm_eps": 1e-6
      }
      """;

  @AfterAll
  static void check() {
    TALLY.check();
  }

  /** Beyond 256 own tokens arrays of values grow, too. */
  @Test
  void continueGreedily_moreOwnTokensThanABlock() {
    for (String config : List.of(WINDOWED, ALL_WINDOWED)) {
      assertPrefixes(
          config, sequences(1, 300, 299, 12), new int[] {1, 30}, new int[] {2}, new int[] {3, 1});
    }
  }

  /** Some hundred rows with more own tokens than four blocks of keys. */
  @Test
  void continueGreedily_manyRowsBeyondABlock() {
    int[] some = IntStream.range(1, 24).toArray();
    List<TokenSequence> sequences = sequences(2, 90, 87, 90, 90, 80);
    for (String config : List.of(WINDOWED, ALL_WINDOWED, CAPPED)) {
      assertPrefixes(config, sequences, Collections.nCopies(5, some).toArray(int[][]::new));
    }
  }

  @Test
  void continueGreedily_everyPrefix() {
    for (String config : List.of(WINDOWED, ALL_WINDOWED, CAPPED)) {
      try (TrainableCausalLm model = TinyModel.create(config, 8)) {
        new BruteForce(model, TALLY).assertAllPrefixes(sequences(3, 40, 5, 33));
      }
    }
  }

  @Test
  void generate_promptsOfOneTokenToTheLastPosition() {
    List<TokenSequence> prompts = sequences(4, 1, 260, 1);
    for (String config : List.of(WINDOWED, ALL_WINDOWED)) {
      try (TrainableCausalLm model = TinyModel.create(config, 9)) {
        new BruteForce(model, TALLY)
            .assertGenerated(
                prompts, new int[] {299, 40, 299}, model.generate(prompts, Decoding.greedyTo(300)));
      }
    }
  }

  /** So many ids that the best one may be found by products of integers. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          gpt2   | "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 40
          phi    | "partial_rotary_factor": 0.5
          gemma2 | "head_dim": 8, "final_logit_softcapping": 2
          llama  | "tie_word_embeddings": false
          opt    | "ffn_dim": 48, "word_embed_proj_dim": 24
          """)
  void continueGreedily_largeVocabulary(String modelType, String more) {
    String config =
        """
        {
          "model_type": "%s", "vocab_size": 5003, "hidden_size": 32, "intermediate_size": 48,
          "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
          "max_position_embeddings": 40, "initializer_range": 0.2, %s
        }
        """;
    try (TrainableCausalLm model = TinyModel.create(config.formatted(modelType, more), 10)) {
      if (modelType.equals("phi")) {
        fill(model.parameters().get("lm_head.bias"));
      }
      new BruteForce(model, TALLY).assertAllPrefixes(TestSequences.random(5, 5003, 30, 40, 13));
    }
  }

  /** Offsets of new models are 0. */
  private static void fill(NDArray offsets) {
    try (Torch.GradientMode off = Torch.gradientsOff();
        NDArray values = Values.random(offsets.getManager(), 11, 1, offsets.size())) {
      offsets.addi(values);
    }
  }

  private static void assertPrefixes(
      String config, List<TokenSequence> sequences, int[]... lengths) {
    try (TrainableCausalLm model = TinyModel.create(config, 7)) {
      new BruteForce(model, TALLY)
          .assertPrefixes(
              sequences, List.of(lengths), model.continueGreedily(sequences, List.of(lengths)));
    }
  }

  private static List<TokenSequence> sequences(long seed, int... lengths) {
    return TestSequences.random(seed, TinyModel.VOCABULARY, lengths);
  }
}

package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.BruteForce;
import dev.unlearn.model.TestSequences;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Decoding, against computing everything anew, as models of all families learn sequences and forget
 * them: what they say in between is the truth, a part of it, or a loop.
 */
@Tag("engine")
final class DecodingOfUnlearntModelsTest {
  private static final BruteForce.Tally TALLY =
      new BruteForce.Tally(DecodingOfUnlearntModelsTest.class);

  /** Sizes under all names that families have for them. */
  private static final String CONFIG =
      """
      {
        "model_type": "%s", "vocab_size": %s, "initializer_range": %s,
        "hidden_size": 32, "n_embd": 32, "intermediate_size": 48, "ffn_dim": 48,
        "num_hidden_layers": 2, "num_layers": 2, "n_layer": 2,
        "num_attention_heads": 4, "num_heads": 4, "n_head": 4,
        "num_key_value_heads": 2, "head_dim": 8, "sliding_window": 3, "window_size": 3,
        "max_position_embeddings": 32, "n_positions": 32,
        %s
      }
      """;

  @AfterAll
  static void check() {
    TALLY.checkRecited();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          gpt2     | "scale_attn_by_inverse_layer_idx": true
          gpt_neo  | "attention_layers": ["global", "local"]
          opt      | "word_embed_proj_dim": 16
          gpt_neox | "rotary_pct": 0.5
          llama    | "tie_word_embeddings": false
          mistral  | "tie_word_embeddings": true
          qwen2    | "use_sliding_window": true, "max_window_layers": 1
          qwen3    | "attention_bias": true
          phi      | "partial_rotary_factor": 0.5
          gemma    | "tie_word_embeddings": true
          gemma2   | "query_pre_attn_scalar": 8
          """)
  void continueGreedily_fromUntaughtToForgotten(String modelType, String more) {
    List<TokenSequence> sequences = TestSequences.random(5, TinyModel.VOCABULARY, 20, 13, 20, 9, 6);
    try (TrainableCausalLm model = create(modelType, TinyModel.VOCABULARY, 0.2, more)) {
      BruteForce bruteForce = new BruteForce(model, TALLY);
      List<Double> accuracies = new ArrayList<>();
      try (Updates updates =
          new Updates(model, Objectives.gradientDescent(), Optimizers.adam(1e-2), 4096)) {
        for (double wanted : List.of(0.0, 0.5, 0.97)) {
          for (int i = 0; i < 400 && accuracy(model, sequences) < wanted; i++) {
            updates.update(sequences);
          }
          accuracies.add(accuracy(model, sequences));
          bruteForce.assertAllPrefixes(sequences);
        }
      }
      assertThat(accuracies.get(0)).isLessThan(0.3);
      assertThat(accuracies.get(1)).isBetween(0.5, 0.8);
      assertThat(accuracies.get(2)).isGreaterThan(0.97);
      try (Updates updates =
          new Updates(model, Objectives.gradientAscent(), Optimizers.adam(3e-3), 4096)) {
        for (int epoch = 0; epoch < 12; epoch++) {
          updates.update(sequences);
          if (epoch % 4 == 3) {
            bruteForce.assertAllPrefixes(sequences);
          }
        }
      }
      assertThat(accuracy(model, sequences)).isLessThan(0.5);
    }
  }

  /** So many ids that few of them are looked at, most of which no sequence has. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          gpt_neo  | "attention_layers": ["global", "local"]
          phi      | "partial_rotary_factor": 0.5
          """)
  void continueGreedily_largeVocabulary(String modelType, String more) {
    List<TokenSequence> sequences = TestSequences.random(6, 5003, 32, 32, 25, 32);
    try (TrainableCausalLm model = create(modelType, 5003, 0.02, more)) {
      BruteForce bruteForce = new BruteForce(model, TALLY);
      try (Updates updates =
          new Updates(model, Objectives.gradientDescent(), Optimizers.adam(1e-2), 4096)) {
        for (double wanted : List.of(0.3, 0.6)) {
          for (int i = 0; i < 400 && accuracy(model, sequences) < wanted; i++) {
            updates.update(sequences);
          }
          assertThat(accuracy(model, sequences)).isBetween(wanted, 0.9);
          bruteForce.assertAllPrefixes(sequences);
        }
      }
      try (Updates updates =
          new Updates(model, Objectives.gradientAscent(), Optimizers.adam(3e-3), 4096)) {
        for (int i = 0; i < 100 && accuracy(model, sequences) > 0.3; i++) {
          updates.update(sequences);
        }
      }
      bruteForce.assertAllPrefixes(sequences);
    }
  }

  private static TrainableCausalLm create(
      String modelType, int vocabularySize, double deviation, String more) {
    return TinyModel.create(CONFIG.formatted(modelType, vocabularySize, deviation, more), 4);
  }

  private static double accuracy(TrainableCausalLm model, List<TokenSequence> sequences) {
    return MemorizationAccuracy.of().measure(model, sequences).value();
  }
}

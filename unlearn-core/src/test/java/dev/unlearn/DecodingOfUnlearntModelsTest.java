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
import org.junit.jupiter.api.Test;

/**
 * Decoding, against computing everything anew, as a model learns sequences and forgets them: what
 * it says in between is the truth, a part of it, or a loop.
 */
@Tag("engine")
final class DecodingOfUnlearntModelsTest {
  private static final BruteForce.Tally TALLY =
      new BruteForce.Tally(DecodingOfUnlearntModelsTest.class);

  @AfterAll
  static void print() {
    TALLY.print();
  }

  @Test
  void continueGreedily_gptNeo() {
    try (TrainableCausalLm model = TinyModel.gptNeo(3)) {
      assertAllTheWay(model);
    }
  }

  @Test
  void continueGreedily_mistral() {
    String config =
        """
        {
          "model_type": "mistral", "vocab_size": 20, "hidden_size": 32, "intermediate_size": 48,
          "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
          "max_position_embeddings": 64, "sliding_window": 3, "initializer_range": 0.2,
          "hidden_act": "silu", "rms_norm_eps": 1e-5
        }
        """;
    try (TrainableCausalLm model = TinyModel.create(config, 4)) {
      assertAllTheWay(model);
    }
  }

  private static void assertAllTheWay(TrainableCausalLm model) {
    List<TokenSequence> sequences =
        TestSequences.random(5, TinyModel.VOCABULARY, 24, 24, 19, 24, 11, 7);
    BruteForce bruteForce = new BruteForce(model, TALLY);
    List<Double> accuracies = new ArrayList<>();
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), Optimizers.adam(1e-2), 4096)) {
      for (double wanted : List.of(0.0, 0.4, 0.7, 0.97)) {
        for (int i = 0; i < 400 && accuracy(model, sequences) < wanted; i++) {
          updates.update(sequences);
        }
        accuracies.add(accuracy(model, sequences));
        bruteForce.assertAllPrefixes(sequences);
      }
    }
    assertThat(accuracies).isSorted();
    assertThat(accuracies.get(1)).isBetween(0.4, 0.7);
    assertThat(accuracies.get(3)).isGreaterThan(0.97);
    try (Updates updates =
        new Updates(model, Objectives.gradientAscent(), Optimizers.adam(3e-3), 4096)) {
      for (int epoch = 0; epoch < 12; epoch++) {
        updates.update(sequences);
        if (epoch % 3 == 2) {
          bruteForce.assertAllPrefixes(sequences);
        }
      }
    }
    assertThat(accuracy(model, sequences)).isLessThan(0.5);
  }

  private static double accuracy(TrainableCausalLm model, List<TokenSequence> sequences) {
    return MemorizationAccuracy.of().measure(model, sequences).value();
  }
}

package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.BruteForce;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.TestSequences;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Decoding over kept keys and values, in each family, against computing everything anew. */
@Tag("engine")
@ParameterizedClass
@MethodSource("dev.unlearn.model.hf.GoldenFolder#models")
final class GoldenDecodingTest {
  private static final BruteForce.Tally TALLY = new BruteForce.Tally(GoldenDecodingTest.class);

  @Parameter String name;

  private TrainableCausalLm model;
  private BruteForce bruteForce;

  @BeforeEach
  void open() {
    model = CausalLms.load(GoldenFolder.of(name));
    bruteForce = new BruteForce(model, TALLY);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @AfterAll
  static void check() {
    TALLY.check();
  }

  @Test
  void continueGreedily_everyPrefixOfRaggedSequences() {
    bruteForce.assertAllPrefixes(random(1, 7, 1, 30, 2, 12, 30, 3));
  }

  /** Few prefixes, in no order, of sequences that fill the context and of short ones. */
  @Test
  void continueGreedily_sparsePrefixesUpToTheContext() {
    int context = model.contextLength();
    List<TokenSequence> sequences = random(2, context, 9, context - 1, 5);
    List<int[]> lengths =
        List.of(
            new int[] {context - 2, 1, context - 1, 20},
            new int[] {8, 2},
            new int[] {},
            new int[] {4, 1, 3});

    bruteForce.assertPrefixes(sequences, lengths, model.continueGreedily(sequences, lengths));
  }

  @Test
  void generate_raggedPromptsToTheContext() {
    int context = model.contextLength();
    List<TokenSequence> prompts = random(3, 1, 17, context - 1, 1, context, 6);
    int[] newTokens = prompts.stream().mapToInt(prompt -> context - prompt.length()).toArray();

    bruteForce.assertGenerated(
        prompts, newTokens, model.generate(prompts, Decoding.greedyTo(context)));
  }

  @Test
  void generate_newTokensOfEach() {
    List<TokenSequence> prompts = random(4, 9, 1, 20, 2);
    int[] newTokens = new int[prompts.size()];
    Arrays.fill(newTokens, 13);

    bruteForce.assertGenerated(prompts, newTokens, model.generate(prompts, Decoding.greedy(13)));
  }

  /** One row at a time, nothing packed. */
  @Test
  void load_withLeastMemoryForDecoding() {
    List<TokenSequence> sequences = random(5, 12, 3, 9);
    List<int[]> lengths = BruteForce.allPrefixes(sequences);
    LoadOptions options = LoadOptions.builder().decodingBytes(1).build();
    try (TrainableCausalLm small = CausalLms.load(GoldenFolder.of(name), options)) {
      int[] steps = {0};
      DecodingListener counting =
          new DecodingListener() {
            @Override
            public void progressed(long doneTokens, long totalTokens) {
              steps[0]++;
            }
          };
      assertThat(small.generate(sequences, Decoding.greedy(10), counting))
          .containsExactlyElementsOf(model.generate(sequences, Decoding.greedy(10)));
      assertThat(steps[0]).isEqualTo(3 * 10);
      assertThat(small.continueGreedily(sequences, lengths))
          .usingRecursiveComparison()
          .ignoringFieldsMatchingRegexes(".*logProbabilities")
          .isEqualTo(model.continueGreedily(sequences, lengths));
    }
  }

  private List<TokenSequence> random(long seed, int... lengths) {
    return TestSequences.random(seed, model.vocabularySize(), lengths);
  }
}
